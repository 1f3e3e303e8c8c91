"""The composition root: settings in, a house and its flows out. The only place that names concrete adapters."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from sqlalchemy import Engine

from adapters.gate import AlwaysOpen, Gate
from adapters.http import Limits
from adapters.peer.client import PeerClient
from adapters.ports import TaxPort
from adapters.tax.client import TaxClient
from adapters.tax.files.client import TaxFiles, Waits
from adapters.treasury.client import TreasuryClient
from config.areas import load_areas
from config.settings import Neighbour, Settings
from policies.compiled import compile_notice
from policies.load import load_notice
from policies.local import load_local
from worker.audit.log import AuditLog
from worker.backup.hold import GOES_ON, SAYS, held
from worker.breaker import Breaker, look_at
from worker.clock import SeasonClock, SystemClock
from worker.database.engine import open_engine
from worker.flows import (
    anchor,
    assess,
    disburse,
    duplicates,
    funds,
    handoff,
    intake,
    push,
    reconcile,
    refund,
    rekey,
    results,
    settle,
    sponsor,
    void,
)
from worker.handoff.keys import load_keyring
from worker.handoff.parties import Peers
from worker.house import House
from worker.jobs.holders import this_process
from worker.jobs.outcome import Later, Outcome
from worker.jobs.run import Flow, Nudge, Runner
from worker.jobs.work import Work
from worker.keys import load_keys, neighbour_key
from worker.law import Law
from worker.metrics.counting import Counted
from worker.pace import Pace
from worker.privacy import Vault
from worker.servers import open_servers

TICKS: dict[str, Callable[[Work, House], Outcome | None]] = {
    "intake": intake.plan,
    "assess": assess.plan,
    "sponsor": sponsor.plan,
    "pull_payments": settle.pull,
    "disburse": disburse.plan,
    "pull_results": results.pull,
    "duplicates": duplicates.plan,
    "refunds": refund.plan,
    "reconcile": reconcile.plan,
    "funds": funds.plan,
    "handoffs": handoff.plan,
    "anchor": anchor.plan,
    "keys": rekey.plan,
}
"""Scheduled work by name, in the order in which a round does it."""

JOBS: dict[str, Callable[[Work, House], Outcome | None]] = {
    "intake": intake.take_in,
    "assess": assess.assess,
    "push": push.push,
    "void": void.void,
    "void_stray": void.void_stray,
    "declare": sponsor.declare,
    "disburse": disburse.disburse,
    "refund": refund.refund,
    "reconcile": reconcile.reconcile,
    "draw_funds": funds.draw,
    "notify": duplicates.notify,
    "handoff": handoff.deliver,
    "handoff_compare": handoff.compare,
    "anchor_peer": anchor.give,
    "reencrypt": rekey.reencrypt,
    "reindex": rekey.reindex_stretch,
    "change_index": rekey.change_index,
}
"""Work that a tick or another job calls for, by kind."""


class NoLaw(Exception):
    """No notice is in force for the area and year that this installation is set to."""


def build_house(settings: Settings, environment: Mapping[str, str] = os.environ) -> House:
    """Everything a process needs, secrets from the environment. Starts the embedded servers when they are not running.

    Raises ``NoLaw``, ``KeysError``, ``ServersError``: each says what is missing.
    """
    engine = open_engine(open_servers(settings).ensure().database)
    keychain = load_keys(settings, environment)
    return House(
        settings=settings,
        engine=engine,
        vault=Vault(keychain),
        audit=AuditLog(keychain),
        keychain=keychain,
        clock=SeasonClock(engine) if settings.clock == "season" else SystemClock(),
        law=load_law(settings, engine),
        tax=_tax(settings, engine, environment),
        treasury=TreasuryClient(
            settings.treasury_url,
            neighbour_key("treasury", settings.home, environment),
            _limits(settings.treasury),
            gate=_breaker(settings, engine, "treasury", settings.treasury),
        ),
        peers=load_peers(settings, engine, environment),
    )


def load_peers(settings: Settings, engine: Engine | None = None, environment: Mapping[str, str] = os.environ) -> Peers:
    """The installations of other areas that the settings name, and the keys between us. Raises ``KeyringError``.

    Without an ``engine`` no breaker keeps calls back: a person asks.
    """
    keyring, window = load_keyring(settings, environment), settings.peer_door.window_seconds
    limits = _limits(settings.peer)
    ports = {}
    for area, peer in settings.peers.items():
        gate = _breaker(settings, engine, f"peer {area}", settings.peer) if engine is not None else None
        ports[area] = PeerClient(area, peer.url, keyring, window, limits, gate=gate)
    return Peers(keyring, ports)


def load_law(settings: Settings, engine: Engine) -> Law:
    """The notice in force for the area and year of the settings, compiled with the local parameters there are."""
    area = load_areas().get(settings.area)
    if area is None or settings.insured_year not in area.notices:
        place = f"area {settings.area} and year {settings.insured_year}"
        raise NoLaw(f"no notice is named for {place}: add it to config/areas.yaml")
    name = area.notices[settings.insured_year]
    notice = load_notice(name)
    first = (date.min, settings.local or area.local.get(settings.insured_year))
    changes = [first, *((change.since, change.file) for change in settings.local_changes)]
    versions = [
        (since, compile_notice(notice, load_local(file, notice) if file else None, settings.area))
        for since, file in sorted(changes, key=lambda change: change[0])
    ]
    return Law(engine, versions, name, settings.area, settings.insured_year)


def build_runner(house: House, nudge: Nudge) -> Runner:
    """Runs jobs of every kind with this house."""
    flows: dict[str, Flow] = {kind: partial(_call, flow, house) for kind, flow in JOBS.items()}
    flows |= {f"tick.{name}": partial(_call, flow, house) for name, flow in TICKS.items()}
    look = partial(_look, house.engine, house.settings)
    return Runner(house.engine, flows, nudge, this_process(), house.settings.lease_seconds, look)


def _look(engine: Engine, settings: Settings, neighbour: str) -> None:
    """Whether a call may go now, as far as one can tell before it is composed. Raises ``ShutOff``."""
    look_at(engine, neighbour)
    known = {"tax": settings.tax, "treasury": settings.treasury}.get(neighbour, settings.peer)
    Pace(engine, neighbour, known, _call_seconds(known), AlwaysOpen()).look()


def _call(flow: Callable[[Work, House], Outcome | None], house: House, work: Work) -> Outcome | None:
    if work.job.kind not in GOES_ON and held(house.engine):
        return Later(SAYS, seconds=60.0, failed=False, cause="held_after_restore")
    return flow(work, house)


def _tax(settings: Settings, engine: Engine, environment: Mapping[str, str]) -> TaxPort:
    """The tax side as it is spoken to here. Raises ``DropUnsafe`` for a drop directory that others may enter."""
    tax = settings.tax
    if tax.kind == "http":
        gate = _breaker(settings, engine, "tax", tax)
        return TaxClient(settings.tax_url, neighbour_key("tax", settings.home, environment), _limits(tax), gate=gate)
    return TaxFiles(settings.tax_drop, Waits(tax.wait_seconds, tax.poll_seconds, settle=tax.settle_seconds))


def _limits(neighbour: Neighbour) -> Limits:
    return Limits(connect=neighbour.connect_seconds, reply=neighbour.read_seconds, total=neighbour.read_seconds + 5)


def _breaker(settings: Settings, engine: Engine, name: str, neighbour: Neighbour) -> Gate:
    longest = _call_seconds(neighbour)
    breaker = Breaker(engine, name, settings.breaker, longest)
    return Counted(Pace(engine, name, neighbour, longest, breaker), name)


def _call_seconds(neighbour: Neighbour) -> float:
    """How long one call may take."""
    limits = _limits(neighbour)
    return limits.connect + limits.total
