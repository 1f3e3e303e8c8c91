"""The neighbouring county of a season: a second installation with a database, a tax system, a treasury and a door of
its own, all of them apart from ours. Its worker is a thread of the conductor.
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
import yaml
from sqlalchemy import Engine, make_url, text

from adapters.peer.keyring import Key
from adapters.simulators.bureau.next_door import their_lists
from config.areas import load_areas
from config.settings import Settings, load_settings
from config.yaml_text import read_yaml
from policies.load import load_notice
from policies.local import load_local
from worker.audit.verify import verify
from worker.clock import set_season_date
from worker.database.engine import migrate
from worker.house import House
from worker.jobs.run import Nudge
from worker.ledger.check import check_ledger
from worker.rounds import run_round
from worker.season.between import Between, Jobs
from worker.season.books import compare_books, compare_cases
from worker.season.calendar import season_calendar
from worker.season.hands import working
from worker.season.neighbours import Neighbours
from worker.season.place import Place
from worker.servers import open_servers
from worker.servers.home import private_directory
from worker.servers.ports import choose_port
from worker.service import Simulation, neighbour_ports, neighbours, peer_door
from worker.supervisor import Child
from worker.wiring import build_house

_DATABASE = "levy_next_door"
_ROUND = (("intake", "pull_payments", "pull_results", "disburse"), ("assess", "duplicates", "refunds"), ("handoffs",))
"""What the neighbour does on a day; statements and funds are shown at length by our own side."""
_SECRETS = ("LEVY_DATA_KEYS", "LEVY_INDEX_KEY", "LEVY_AUDIT_KEY", "LEVY_TAX_KEY", "LEVY_TREASURY_KEY")
_IDLE_SECONDS = 0.5
_PAY_WITHIN = 20
"""Days of its window in which all of the neighbour's residents pay."""
_AWAKE = 62
"""Days from the opening on which its premiums come in, and who is enrolled with us as well is told."""


@dataclass(frozen=True)
class Site:
    """Where the second installation lies, and what it runs with."""

    home: Path
    plan: Mapping[str, Any]
    settings: Settings
    environment: dict[str, str]
    sides: dict[str, int]
    """The ports of its tax system and its treasury."""
    seed: int


def prepare(engine: Engine, settings: Settings, pace: Path, place: Place, plan: Mapping[str, Any], seed: int) -> Site:
    """Make the neighbour's ground and both sides' keys; our settings in the file ``pace`` then name the neighbour."""
    home = settings.home / "next-door"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    there = plan["area"]
    ports = {name: choose_port(None) for name in (settings.area, there)}
    urls = {area: f"http://127.0.0.1:{port}" for area, port in ports.items()}
    public = {settings.area: _make_key(settings.home, settings.area), there: _make_key(home, there)}
    name = {area: load_areas()[area].name for area in ports}

    def knows(area: str, peer: str) -> dict[str, Any]:
        key = {"id": _key_name(peer), "algorithm": "ed25519", "public": public[peer]}
        who = {"name": name[peer], "url": urls[peer], "keys": [key], "sign_with": _key_name(area)}
        return {"peer_door": {"url": urls[area], "port": ports[area]}, "peers": {peer: who}}

    own = read_yaml(pace)
    pace.write_text(yaml.safe_dump(own | knows(settings.area, there), allow_unicode=True), "utf-8")
    theirs = {name: own[name] for name in ("clock", "lease_seconds", "breaker") if name in own}
    file = home / "levy.yaml"
    file.write_text(yaml.safe_dump(theirs | knows(there, settings.area), allow_unicode=True), "utf-8")
    sides = neighbour_ports(home)
    environment = dict.fromkeys((name for name in os.environ if name.startswith("LEVY_")), "") | {
        "LEVY_CONFIG": str(file), "LEVY_HOME": str(home), "LEVY_AREA": there,
        "LEVY_INSURED_YEAR": str(place.insured_year),
        "LEVY_DATABASE_URL": _new_database(engine, open_servers(settings).urls().database),
        "LEVY_BROKER_URL": "redis://127.0.0.1:1/0",  # a thread needs none
        "LEVY_TAX_URL": f"http://127.0.0.1:{sides['tax']}", "LEVY_TREASURY_URL": f"http://127.0.0.1:{sides['treasury']}",
    } | {name: secrets.token_hex(32) for name in _SECRETS}  # fmt: skip
    return Site(home, plan, load_settings(environment, placed=False), environment, sides, seed)


def children(site: Site, ours: Settings, opening: date) -> list[Child]:
    """The processes to start: the neighbour's tax system, treasury and door, and the door of ours that it knocks at."""
    area = load_areas()[site.settings.area]
    notice, file = load_notice(area.notices[ours.insured_year]), area.local.get(ours.insured_year)
    window = season_calendar(notice, load_local(file, notice) if file else None)
    payers = {
        "window_begins": f"{window.opens:%m-%d}", "window_ends": f"{window.opens + timedelta(_PAY_WITHIN):%m-%d}",
        "never_share": 0, "late_share": 0, "rejection_share": 0,
    }  # fmt: skip
    (site.home / "tax-settings.json").write_bytes(orjson.dumps({"payers": payers}))
    simulation = Simulation(site.seed, opening, {"tax": site.home / "tax-settings.json"})
    their_lists(site.plan, opening, site.settings.drop)
    theirs = [*neighbours(site.home, site.sides, simulation), *peer_door(site.settings, site.environment)]
    renamed = [replace(child, name=f"{child.name} next door", environment=site.environment) for child in theirs]
    return [*renamed, *peer_door(ours, dict(os.environ))]


class NextDoor:
    """Lets the neighbour live in the evening of our day, while its premiums come in or a case is open."""

    def __init__(self, site: Site, ours: House, our_nudge: Nudge, opening: date) -> None:
        self._site, self._ours, self._our_nudge, self._opening = site, ours, our_nudge, opening
        self.house = build_house(site.settings, site.environment)
        self._neighbours = Neighbours(site.settings, site.environment)
        self._between = Between(site.plan, ours, self.house, site.settings.drop, site.seed)
        self._nudge: Nudge = lambda _: None

    @contextmanager
    def working(self) -> Iterator[None]:
        """Its worker works until the block ends."""
        migrate(self.house.engine)
        with working(self.house, _IDLE_SECONDS) as self._nudge:
            yield

    def morning(self, day: date) -> None:
        """It is the same day next door."""
        with self.house.engine.begin() as connection:
            set_season_date(connection, day)

    def evening(self, day: date) -> None:
        """A day of the neighbour's, and of the clerks of both sides."""
        if day > self._opening + timedelta(_AWAKE) and not self._between.busy(day):
            return
        self._neighbours.advance(day)
        self._wake(self._between.open(day))
        run_round(self.house.engine, self._nudge, self.house.law.area, day, _ROUND)
        while jobs := self._between.answer(day):
            self._wake(jobs)
            run_round(self.house.engine, self._nudge, self.house.law.area, day, (("handoffs",),))
            run_round(self._ours.engine, self._our_nudge, self._ours.law.area, day, (("handoffs",),))

    def problems(self) -> list[str]:
        """A sentence for each figure in which the neighbour's books differ from its tax system's and its treasury's,
        from each other, or from what we hold of the same cases.
        """
        with self.house.engine.connect() as theirs, self._ours.engine.connect() as ours:
            found = [*compare_books(theirs, *self._neighbours.books()), *check_ledger(theirs)]
            found += [
                f"{flaw.chain} {flaw.position}: {flaw.sentence}" for flaw in verify(theirs, self.house.keychain)[1]
            ]
            found += compare_cases(ours, theirs)
        return [f"next door in {self.house.law.area}: {sentence}" for sentence in found]

    def _wake(self, jobs: Jobs) -> None:
        self._our_nudge(jobs.ours)
        self._nudge(jobs.theirs)


def _make_key(home: Path, area: str) -> str:
    """A new ed25519 key of a side in its home; returns the public half, as settings have it."""
    secret = secrets.token_bytes(32)
    private_directory(home / "peers")
    path = home / "peers" / f"{_key_name(area)}.key"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(secret.hex() + "\n", "ascii")
    return base64.b64encode(Key("", "ed25519", secret=secret).public_half()).decode()


def _key_name(area: str) -> str:
    return f"season-{area}"


def _new_database(engine: Engine, ours: str) -> str:
    """An empty database beside ours of this URL; its own URL, which holds a password."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {_DATABASE}"))
    return make_url(ours).set(database=_DATABASE).render_as_string(hide_password=False)
