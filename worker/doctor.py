"""What is wrong with an installation, as sentences that say what to do: a tuple of checks of one shape.

Nothing is started and nothing is changed by looking.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import requests
from kombu.connection import Connection as Broker
from kombu.exceptions import OperationalError
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from config.settings import Settings
from worker.backup.hold import SAYS, open_restore
from worker.cli.failures import broker_place, sentence_of
from worker.database.engine import open_engine
from worker.database.versions import misfit
from worker.operators.accounts import there_is_an_admin
from worker.report.standing import breakers
from worker.secret_faults import faults_of_secrets
from worker.servers import open_servers

_SKEW_SECONDS = 30.0
_SILENT_SECONDS = 120
_OLD_SECONDS = 900
_FREE_SHARE, _FREE_BYTES = 0.05, 1024**3
_PATIENCE = 3.0
_OLDEST = text(
    "SELECT kind, extract(epoch FROM now() - next_attempt_at)::float AS age FROM job"
    " WHERE state IN ('ready', 'unknown') AND next_attempt_at <= now() AND waits_for IS NULL"
    " ORDER BY next_attempt_at LIMIT 1"
)
_STOPPED = text("SELECT count(*) FROM job WHERE state = 'parked'")
_SWEPT = text("SELECT extract(epoch FROM now() - max(at))::float FROM heartbeat")


@dataclass(frozen=True)
class Finding:
    """What one check found. ``do`` says what to do; it is empty where all is well."""

    check: str
    says: str
    do: str = ""

    @property
    def well(self) -> bool:
        """Whether nothing is to be done."""
        return not self.do


@dataclass(frozen=True)
class Patient:
    """The installation that is looked at; ``connection`` is null while the database cannot be had."""

    settings: Settings
    connection: Connection | None


Check = Callable[[Patient], Iterator[Finding]]


def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order of the checks."""
    with ExitStack() as stack:
        connection, findings = None, []
        try:
            connection = stack.enter_context(_connected(settings))
        except SQLAlchemyError as error:
            findings.append(Finding("database", sentence_of(error) or type(error).__name__, "see above"))
        except _NotRunning as error:
            findings.append(Finding("database", str(error), "`levy servers start`, or any command that needs it"))
        patient = Patient(settings, connection)
        return [*findings, *(found for check in CHECKS for found in check(patient))]


class _NotRunning(Exception):
    """An embedded server does not run; looking does not start it."""


def _connected(settings: Settings) -> Connection:
    if settings.database_url is None and not _running(settings, "postgres"):
        raise _NotRunning(f"the embedded PostgreSQL of {settings.home} does not run")
    return open_engine(open_servers(settings).urls().database, pool_size=1).connect()


def _running(settings: Settings, name: str) -> bool:
    return any(one.name == name and one.state == "running" for one in open_servers(settings).status())


def _secrets(patient: Patient) -> Iterator[Finding]:
    faults = faults_of_secrets(patient.settings)
    for fault in faults:
        yield Finding("secrets", fault, "set it for every process; none of them starts without it")
    if not faults:
        yield Finding("secrets", "all are set" if not patient.settings.embedded else "made by this installation")


def _database(patient: Patient) -> Iterator[Finding]:
    if patient.connection is None:
        return
    if problem := misfit(patient.connection):
        says, _, do = problem.partition(": ")
        yield Finding("database", says, do or "see docs/servers.md")
    else:
        yield Finding("database", "answers, and fits this version")
    if open_restore(patient.connection) is not None:
        yield Finding("restore", "the database was restored and is held", SAYS.partition(": ")[2])


def _database_clock(patient: Patient) -> Iterator[Finding]:
    if patient.connection is not None:
        before = time.time()
        told = float(patient.connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
        yield _clock("the database", told - (before + time.time()) / 2)


def _neighbours(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    urls = {"tax": settings.tax_url} if settings.tax.kind == "http" else {}
    urls |= {"treasury": settings.treasury_url}
    urls |= {f"peer {area}": f"{peer.url}/health" for area, peer in settings.peers.items()}
    for name, url in urls.items():
        try:
            reply = requests.get(url, timeout=_PATIENCE, allow_redirects=False)
        except requests.RequestException as error:
            why = f"does not answer at {url.split('//')[-1].split('/')[0]}: {type(error).__name__}"
            yield Finding(name, why, "see that it runs and that its address is right; jobs wait for it")
            continue
        yield Finding(name, "answers")
        if moment := _dated(reply.headers.get("Date", "")):
            yield _clock(name, (moment - datetime.now(UTC)).total_seconds())


def _dated(header: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _clock(whose: str, ahead: float) -> Finding:
    if abs(ahead) <= _SKEW_SECONDS:
        return Finding("clocks", f"{whose} and this host agree")
    word = "ahead of" if ahead > 0 else "behind"
    do = "set the clocks by NTP: leases, waits and the signatures between peers are measured by them"
    return Finding("clocks", f"{whose} is {abs(ahead):.0f} s {word} this host", do)


def _broker(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    place, do = broker_place(settings), "start it; jobs wait in the database and are not lost"
    if settings.broker_url is None and not _running(settings, "broker"):
        yield Finding("broker", f"the embedded broker {place} does not run", do)
        return
    patience = {"socket_connect_timeout": _PATIENCE, "socket_timeout": _PATIENCE}
    url = open_servers(settings).urls().broker
    with Broker(url, connect_timeout=_PATIENCE, transport_options=patience) as broker:  # type: ignore[no-untyped-call]
        try:
            broker.ensure_connection(max_retries=1, timeout=_PATIENCE)
        except (OperationalError, OSError):
            yield Finding("broker", f"{place} does not answer", do)
        else:
            yield Finding("broker", f"{place} answers")


def _beat(patient: Patient) -> Iterator[Finding]:
    age = None if patient.connection is None else patient.connection.execute(_SWEPT).scalar_one()
    if patient.connection is None:
        return
    if age is not None and age <= _SILENT_SECONDS:
        yield Finding("beat", f"the last sweep was {max(age, 0):.0f} s ago")
    else:
        since = "there was no sweep yet" if age is None else f"the last sweep was {age:.0f} s ago"
        yield Finding("beat", since, "start a worker and beat (`levy up` starts both): nobody works")


def _jobs(patient: Patient) -> Iterator[Finding]:
    if patient.connection is None:
        return
    for neighbour, sentence in breakers(patient.connection):
        yield Finding("breaker", f"{neighbour} is left in peace {sentence}", f"mend the line to {neighbour}")
    oldest = patient.connection.execute(_OLDEST).one_or_none()
    if oldest is not None and oldest.age > _OLD_SECONDS:
        told = f"a job of {oldest.kind} has been due for {oldest.age / 60:.0f} min"
        yield Finding("jobs", told, "see that workers run and keep up: `levy status`, `levy jobs`")
    elif stopped := patient.connection.execute(_STOPPED).scalar_one():
        yield Finding("jobs", f"{stopped:,} are parked", "`levy jobs list --grouped` says why (docs/failures.md)")
    else:
        yield Finding("jobs", "none waits too long, none is parked")


def _accounts(patient: Patient) -> Iterator[Finding]:
    if patient.connection is None:
        return
    if there_is_an_admin(patient.connection):
        yield Finding("accounts", "an admin can log in")
    else:
        do = "`levy operators add LOGIN --name NAME --role admin`; until then names given with --by are free text"
        yield Finding("accounts", "there is no admin: nobody can log in to the console", do)


_KEYS = text(
    "SELECT client, min(expires_on) AS until FROM service_key k WHERE revoked_at IS NULL AND expires_on >= :today"
    " GROUP BY client HAVING max(expires_on) < :soon ORDER BY client"
)


def _api(patient: Patient) -> Iterator[Finding]:
    api = patient.settings.api
    loopback = api.host in ("127.0.0.1", "localhost", "::1")
    if not loopback and not api.behind_proxy:
        says = f"the API is to listen on {api.host} in clear: keys and people's data would cross the network"
        yield Finding(
            "api", says, "put something that ends TLS in front and set api.behind_proxy, or listen on 127.0.0.1"
        )
    elif loopback or api.behind_proxy:
        yield Finding("api", "listens to this machine only" if loopback else "listens behind what ends TLS")
    if patient.connection is None or misfit(patient.connection):
        return
    today = datetime.now(UTC).date()
    for client, until in patient.connection.execute(_KEYS, {"today": today, "soon": today + timedelta(days=14)}):
        yield Finding("api", f"the key of {client} ends on {until}", "`levy service-keys add` makes the next one")


def _console(patient: Patient) -> Iterator[Finding]:
    console = patient.settings.console
    here = console.host in ("127.0.0.1", "localhost", "::1")
    if here or console.address.startswith("https:"):
        yield Finding("console", f"known by {console.address}, listens on {console.host}")
    else:
        says = f"it listens on {console.host} and is spoken to in clear: passwords and sessions can be read on the way"
        yield Finding("console", says, "end TLS in front of it and name the address as console.url: https://...")


def _disks(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    places = {settings.home, settings.drop} | ({settings.tax_drop} if settings.tax.kind == "files" else set())
    seen: set[int] = set()
    for place in sorted(places):
        there = _nearest(place)
        if (device := there.stat().st_dev) in seen:
            continue
        seen.add(device)
        disk = shutil.disk_usage(there)
        told = f"{disk.free / 1024**3:.1f} GiB of {disk.total / 1024**3:.0f} are free at {there}"
        full = disk.free < max(_FREE_BYTES, _FREE_SHARE * disk.total)
        yield Finding("disk", told, "make room before it is full: nothing can be written then" if full else "")


def _nearest(place: Path) -> Path:
    """The place, or the nearest directory above it that is there."""
    return next(one for one in (place.absolute(), *place.absolute().parents) if one.exists())


CHECKS: tuple[Check, ...] = (
    _secrets,
    _database,
    _database_clock,
    _broker,
    _beat,
    _jobs,
    _accounts,
    _console,
    _neighbours,
    _api,
    _disks,
)
