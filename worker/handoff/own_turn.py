"""Our next steps that need no person: something has happened here, and the other side is to know it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, text

from worker.handoff.cases import Stand
from worker.handoff.pay_out import pay_out_state
from worker.handoff.place import enrolled_here, paid_here
from worker.handoff.refund_seam import note_refund, refund_state
from worker.house import House
from worker.roster.facts import load_facts, to_dates, to_days

_OURS = text(
    "SELECT case_id FROM handoff WHERE turn = :area AND draft IS NULL AND NOT diverged AND state <> 'opening'"
    " ORDER BY enrolment_id, due_id, id"
)
_ASSISTED = text(
    "SELECT source, sum(amount)::bigint AS amount FROM assistance WHERE enrolment_id = :enrolment"
    " AND insurance = :insurance AND state <> 'cancelled' GROUP BY source ORDER BY source"
)
_ENROLLED = text(
    "SELECT student_stage, school_area, student_enrolled_on::text, household_area, residence_area, circumstances"
    " FROM enrolment WHERE id = :enrolment"
)
Said = tuple[str, Mapping[str, Any]]


class Scene(NamedTuple):
    """A case whose turn is ours, locked, and the day."""

    connection: Connection
    house: House
    stand: Stand
    today: date


def cases_to_move(connection: Connection, area: str) -> list[str]:
    """Cases whose next step is ours and is not under way, in the order in which they may be locked."""
    return list(connection.execute(_OURS, {"area": area}).scalars())


def next_step(connection: Connection, house: House, stand: Stand, today: date) -> Said | None:
    """The step that follows from what has happened here, with its facts; None while nothing has or a person decides."""
    finder = _FINDERS.get((stand.kind, stand.side, stand.state))
    return finder(Scene(connection, house, stand, today)) if finder else None


def _paid(here: Scene) -> Said | None:
    enrolment = here.stand.enrolment_id
    paid = paid_here(here.connection, here.stand, enrolment) if enrolment else None
    return None if paid is None else ("paid", _payment(paid))


def _completed(here: Scene) -> Said | None:
    """The last word, with the cover as the notice of the intended place dates it by the first payment."""
    stand = here.stand
    if stand.enrolment_id is None or stand.first_paid_on is None:
        return "completed", {}
    people = load_facts(here.connection, [stand.enrolment_id]).people
    first = to_days([stand.first_paid_on])
    decided = here.house.law.assess_first_paid(people, here.today, first, first)
    (begins,), (ends,) = to_dates(decided.starts_on), to_dates(decided.ends_on)
    if begins is None or ends is None:
        return "completed", {}
    return "completed", {"cover_from": begins.isoformat(), "cover_to": ends.isoformat()}


def _refunded(here: Scene) -> Said | None:
    refund = refund_state(here.connection, here.stand)
    if refund != here.stand.refund:
        note_refund(here.connection, here.stand, refund)
    if refund["state"] != "done":
        return None
    return "refunded", {"amount": here.stand.amount, "refunded_on": refund["on"]}


def _confirmed(here: Scene) -> Said | None:
    """Enrolled here and paid, with what this area assists already: the other must not assist the same twice."""
    found = enrolled_here(here.connection, here.stand)
    paid = paid_here(here.connection, here.stand, found.enrolment_id) if found else None
    if paid is None:
        return None
    values = {"enrolment": paid.enrolment_id, "insurance": here.stand.insurance}
    assisted = [dict(row._mapping) for row in here.connection.execute(_ASSISTED, values)]
    enrolled = _enrolled(here.connection, paid.enrolment_id)
    return "confirmed", _payment(paid) | {"enrolled": enrolled} | ({"assisted": assisted} if assisted else {})


def _enrolled(connection: Connection, enrolment_id: int) -> dict[str, Any]:
    """What the other side's notice asks about an enrolment, as a question of the policy engine has it."""
    row = connection.execute(_ENROLLED, {"enrolment": enrolment_id}).one()
    said: dict[str, Any] = {"circumstances": list(row.circumstances)}
    for name in ("household_area", "residence_area"):
        if (area := getattr(row, name)) is not None:
            said[name] = area or None
    if row.student_stage is not None:
        said["student"] = {"stage": row.student_stage, "school_area": row.school_area} | (
            {"enrolled_on": row.student_enrolled_on} if row.student_enrolled_on else {}
        )
    return said


def _assisted(here: Scene) -> Said | None:
    """The treasury has paid all shares; what the bank sends back is held and paid again like any assistance."""
    paid_out = pay_out_state(here.connection, here.stand)
    if paid_out["state"] != "done":
        note_refund(here.connection, here.stand, paid_out)
        return None
    note_refund(here.connection, here.stand, {"state": "done", "on": paid_out["on"]})
    return "assisted", {"assisted": paid_out["shares"], "refunded_on": paid_out["on"]}


def _closed(_: Scene) -> Said | None:
    return "closed", {}


def _payment(paid: Any) -> dict[str, Any]:
    return {"amount": paid.amount, "voucher": paid.voucher_no, "paid_on": paid.paid_on.isoformat()}


_FINDERS: Final[Mapping[tuple[str, str, str], Callable[[Scene], Said | None]]] = {
    ("wrong_area", "intended", "accepted"): _paid,
    ("wrong_area", "intended", "refunded"): _completed,
    ("wrong_area", "origin", "approved"): _refunded,
    ("assistance_claim", "intended", "claimed"): _confirmed,
    ("assistance_claim", "intended", "assisted"): _closed,
    ("assistance_claim", "origin", "granted"): _assisted,
}
