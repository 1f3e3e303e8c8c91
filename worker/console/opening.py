"""Opening a case between areas: what it would be is shown first, and done where it is still just that."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import Connection
from starlette.responses import Response

from config.areas import load_areas
from worker.console.acting import day_of, nudge, refusals
from worker.console.handoff_table import CASES
from worker.console.tables.answer import show as show_table
from worker.console.visit import Visit, Wrong
from worker.handoff.author import CannotStep
from worker.handoff.cases import Stand, find
from worker.handoff.claims import claim
from worker.handoff.parties import UnknownPeer
from worker.handoff.propose import Mistake, propose
from worker.privacy import mask, mask_name

WAYS = ("propose", "claim")
_FIELDS = ("way", "person", "peer", "own_fault", "benefits_used", "applied_on", "voucher")


def show(visit: Visit) -> Response:
    """All cases, the most urgent first, and for clerks the form that opens one."""
    return _show(visit)


def begin(visit: Visit) -> Response:
    """Propose a payment made here by mistake, or claim for somebody recognised here: look first, then do it."""
    way, house = visit.given("way"), visit.house
    if way not in WAYS or not visit.given("person"):
        raise Wrong(422, visit.words("say_whom"))
    with refusals(CannotStep, UnknownPeer), house.engine.begin() as connection:
        with connection.begin_nested() as looked:
            stand = find(connection, _open(visit, connection)[0])
            assert stand is not None, "it was opened just now"
            looked.rollback()
        sure = f"{stand.kind}:{stand.person_id}:{stand.peer}:{stand.amount}:{stand.voucher}"
        if visit.given("sure") == sure:
            case, jobs = _open(visit, connection)
        else:
            changed = visit.words("plan_changed") if visit.given("sure") else None
            return _show(visit, 409 if changed else 200, plan=_plan(visit, stand, sure), changed=changed)
    nudge(visit, jobs)
    return visit.go(f"/handoffs/{case}")


def _open(visit: Visit, connection: Connection) -> tuple[str, list[int]]:
    house, today, who = visit.house, visit.house.clock.today(), visit.operator.login
    person, peer, applied = visit.given("person"), visit.given("peer"), day_of(visit, "applied_on") or today
    if visit.given("way") == "claim":
        return claim(connection, house, person, peer, applied, uuid4(), today, who)
    own_fault, used = (visit.given(name) == "yes" for name in ("own_fault", "benefits_used"))
    mistake = Mistake(person, peer, own_fault, used, applied, visit.given("voucher") or None)
    return propose(connection, house, mistake, uuid4(), today, who)


def _plan(visit: Visit, stand: Stand, sure: str) -> dict[str, Any]:
    who = orjson.loads(visit.house.vault.decrypt_bytes([bytes(stand.identity)])[0])
    draft = dict(stand.draft or {})
    return {
        "stand": stand,
        "person": f"{mask_name(who['name'])} {mask(who['cert_no'])}",
        "facts": {name: value for name, value in draft.get("facts", {}).items() if name != "clerk"},
        "until": draft.get("next_by"),
        "kept": {name: visit.given(name) for name in _FIELDS} | {"sure": sure},
    }


def _show(visit: Visit, status: int = 200, **more: Any) -> Response:
    house = visit.house
    names = load_areas()
    values = {"area": house.law.area, "today": house.clock.today()}
    return show_table(
        visit, CASES, "handoffs", values, status, opens=visit.operator.may("handoff.step"),
        peers=[(area, names[area].name if area in names else "") for area in sorted(house.peers.ports)],
        **{"plan": None, "changed": None, **more},
    )  # fmt: skip
