"""What a step that both sides hold does on our side: money in transit, refund, place in our roster, cover."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, text

from adapters.peer.history import Step
from worker.audit.log import Event
from worker.handoff.cases import Stand, steps_of
from worker.handoff.course import IN_TRANSIT
from worker.handoff.law import decide_wrong_area
from worker.handoff.pay_out import grant_claimed
from worker.handoff.place import link
from worker.handoff.refund_seam import open_refund
from worker.house import House
from worker.ledger import handoffs as ledger
from worker.ledger.post import post

_STALE = text("UPDATE enrolment SET stale = true WHERE id = :enrolment")


class Scene(NamedTuple):
    """A step just appended, in its transaction: the case as it then stands, and the day."""

    connection: Connection
    house: House
    stand: Stand
    step: Step
    today: date


def follow(connection: Connection, house: House, before: Stand, after: Stand, step: Step, today: date) -> list[Event]:
    """Do what the step means for our side, in the transaction that appends it; returns the events, the step's first."""
    facts = {
        "case": after.case_id, "kind": after.kind, "by": step.by, "number": step.number, "hash": step.hash[:16],
        **{name: step.facts[name] for name in _TOLD if name in step.facts},
    }  # fmt: skip
    events = [Event(f"handoff.{step.what}", after.person_id, facts)]
    if after.side == "origin" and after.kind == "wrong_area":
        _transit(connection, house, before, after, today)
    effect = _EFFECTS.get((after.kind, after.side, step.what))
    return events + (effect(Scene(connection, house, after, step, today)) if effect else [])


_TOLD = ("amount", "voucher", "paid_on", "reason", "refunded_on", "cover_from", "cover_to", "assisted", "category")


def _transit(connection: Connection, house: House, before: Stand, after: Stand, today: date) -> None:
    """Money is in transit just while the case is in one of its states."""
    was, is_now = before.state in IN_TRANSIT, after.state in IN_TRANSIT
    if was == is_now:
        return
    assert after.due_id is not None
    assert after.amount is not None
    move = ledger.opened if is_now else ledger.closed
    accounts = house.accounts(after.area)
    post(connection, [move(accounts, after.id, after.due_id, after.insurance, after.amount)], today)


def _refund(here: Scene) -> list[Event]:
    stand = here.stand
    assert stand.due_id is not None
    assert stand.enrolment_id is not None
    proposed = steps_of(here.connection, stand)[0].facts
    decision = decide_wrong_area(here.connection, here.house, stand.due_id, stand.enrolment_id, stand.peer, proposed)
    clerks = (str(proposed.get("clerk", "")), str(here.step.facts.get("clerk", "")))
    return open_refund(here.connection, here.house, stand, decision, here.today, clerks)


def _place(here: Scene) -> list[Event]:
    link(here.connection, here.stand)
    return []


def _stale(here: Scene) -> list[Event]:
    """The next assessment dates the cover by the first payment (``worker.dues.first_payment``), or cancels what was
    granted here and has not left, since another area assists.
    """
    here.connection.execute(_STALE, {"enrolment": here.stand.enrolment_id})
    return []


def _pay_out(here: Scene) -> list[Event]:
    accounts = here.house.accounts(here.stand.area)
    return grant_claimed(here.connection, accounts, here.stand, here.step.facts["assisted"], here.today)


_EFFECTS: dict[tuple[str, str, str], Callable[[Scene], list[Event]]] = {
    ("wrong_area", "origin", "approved"): _refund,
    ("wrong_area", "intended", "accepted"): _place,
    ("wrong_area", "intended", "completed"): _stale,
    ("assistance_claim", "intended", "confirmed"): _place,
    ("assistance_claim", "intended", "granted"): _stale,
    ("assistance_claim", "origin", "granted"): _pay_out,
}
