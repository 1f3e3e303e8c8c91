"""Applications: whose premium is asked back and why, turned into cases; what cannot be one gets its sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from policies.money import yuan
from worker.audit.log import Event
from worker.database.arrays import array
from worker.refunds.opening import opened

_GIVEN = (
    "unnest(CAST(:ats AS int[]), CAST(:people AS bigint[]), CAST(:given AS bigint[]), CAST(:reasons AS text[]),"
    " CAST(:events AS date[]), CAST(:faults AS bool[]), CAST(:used AS bool[]))"
    " AS n(at, person_id, due_id, reason, event_on, own_fault, benefits_used)"
)
# Each application with the current dues that it is about, and the case that stands against each of them.
_ABOUT = text(
    "SELECT n.at, e.closed_because, d.id AS due_id, d.state, d.paid, d.amount, (SELECT c.id || ' (' || c.reason || ', '"
    "  || c.state || ')' FROM refund_case c WHERE c.due_id = d.id AND c.reason <> 'overpaid'"
    "  AND (c.state NOT IN ('refused', 'rejected_by_review', 'withdrawn') OR c.state = 'refused'"
    "   AND (c.reason, c.event_on, c.own_fault, c.benefits_used)"
    "   IS NOT DISTINCT FROM (n.reason, n.event_on, n.own_fault, n.benefits_used)) ORDER BY c.id DESC LIMIT 1) AS case"
    f" FROM {_GIVEN} JOIN enrolment e ON e.person_id = n.person_id AND e.insured_year = :year AND e.area = :area"
    " LEFT JOIN due d ON d.enrolment_id = e.id AND d.current AND (n.due_id IS NULL OR d.id = n.due_id)"
    " ORDER BY n.at, d.id"
)
_OPEN = text(
    "INSERT INTO refund_case (area, insured_year, insurance, person_id, enrolment_id, due_id, reason, amount,"
    " entered_by, applied_on, event_on, own_fault, benefits_used)"
    " SELECT d.area, d.insured_year, d.insurance, d.person_id, d.enrolment_id, d.id, n.reason, d.paid - d.lowered,"
    " :by, n.applied_on, n.event_on, n.own_fault, n.benefits_used"
    " FROM unnest(CAST(:dues AS bigint[]), CAST(:reasons AS text[]), CAST(:applied AS date[]), CAST(:events AS date[]),"
    " CAST(:faults AS bool[]), CAST(:used AS bool[]))"
    " AS n(due_id, reason, applied_on, event_on, own_fault, benefits_used)"
    " JOIN due d ON d.id = n.due_id WHERE d.state = 'paid' AND d.paid > d.lowered ON CONFLICT DO NOTHING"
    " RETURNING id, person_id, due_id, reason, amount"
)
_UNPAID_DEAD = text(
    "UPDATE enrolment e SET closed_because = 'death', stale = false, benefit_start = NULL, benefit_end = NULL"
    " WHERE e.person_id = ANY(CAST(:people AS bigint[]))"
    " AND e.insured_year = :year AND e.area = :area AND e.closed_because IS NULL AND NOT EXISTS (SELECT FROM due d"
    "  WHERE d.enrolment_id = e.id AND d.current AND d.paid > 0) RETURNING e.person_id"
)


class Application(NamedTuple):
    """One person's application; ``due_id`` None: all that is paid for them. None elsewhere: not known."""

    person_id: int
    reason: str
    applied_on: date
    event_on: date | None = None
    own_fault: bool | None = None
    benefits_used: bool | None = None
    due_id: int | None = None


class Refusal(NamedTuple):
    """Why an application opens no case: ``known`` (it has one already), ``nothing_paid``, ``part_paid``."""

    code: str
    sentence: str


class Applied(NamedTuple):
    """The cases opened, the events, and by place of the application why there is no case."""

    cases: list[int]
    events: list[Event]
    refused: dict[int, Refusal]


def apply(connection: Connection, area: str, year: int, applications: Sequence[Application], by: str) -> Applied:
    """Open a case for each premium that is paid and asked back; a due has at most one case that gives it back.

    A death of somebody who has paid nothing opens none: the enrolment is closed, and nothing is asked any more.
    """
    place: dict[str, Any] = {"area": area, "year": year}
    refusals: dict[int, list[Refusal]] = {at: [] for at in range(len(applications))}
    chosen: list[tuple[int, int]] = []
    for row in connection.execute(_ABOUT, place | _columns(applications)):
        against = _against(row, applications[row.at].reason)
        if against is None:
            chosen.append((row.due_id, row.at))
        else:
            refusals[row.at].append(against)
    nobody = Refusal("nothing_paid", f"they are not enrolled in {area} for {year}")
    served = {at for _, at in chosen}
    refused = {at: found[0] if found else nobody for at, found in refusals.items() if at not in served}
    events = _close_dead(connection, place, applications, refused)
    cases = _open(connection, [(due, applications[at]) for due, at in chosen], by)
    return Applied([row.id for row in cases], [*events, *(opened(row, by) for row in cases)], refused)


def _columns(applications: Sequence[Application]) -> dict[str, str]:
    return {
        "ats": array(range(len(applications))),
        "people": array(one.person_id for one in applications),
        "given": array(one.due_id for one in applications),
        "reasons": array(one.reason for one in applications),
        "applied": array(one.applied_on for one in applications),
        "events": array(one.event_on for one in applications),
        "faults": array(one.own_fault for one in applications),
        "used": array(one.benefits_used for one in applications),
    }


def _against(row: Any, reason: str) -> Refusal | None:
    """Why this due gets no case, None where it does."""
    if row.case or (row.closed_because == reason and row.state != "paid"):
        told = f"case {row.case}" if row.case else f"the enrolment is closed, {reason}"
        return Refusal("known", f"that was asked before: {told}")
    if row.due_id is None:
        return Refusal("nothing_paid", "nothing is due of them for this year")
    if row.state == "paid":
        return None
    if row.state == "part_paid":
        return Refusal(
            "part_paid",
            f"due {row.due_id} is paid only in part ({yuan(row.paid)} of {yuan(row.amount)} yuan): let tax reverse"
            " those payments, or collect the rest first",
        )
    return Refusal("nothing_paid", f"nothing is paid for due {row.due_id} ({row.state})")


def _close_dead(
    connection: Connection,
    place: dict[str, Any],
    applications: Sequence[Application],
    refused: dict[int, Refusal],
) -> list[Event]:
    dead = {
        applications[at].person_id: at
        for at, refusal in refused.items()
        if applications[at].reason == "death" and refusal.code == "nothing_paid"
    }
    if not dead:
        return []
    closed = sorted(connection.execute(_UNPAID_DEAD, place | {"people": array(dead)}).scalars())
    for person in closed:
        del refused[dead[person]]
    return [Event("enrolment.closed", person, {"because": "death"}) for person in closed]


def _open(connection: Connection, chosen: Sequence[tuple[int, Application]], by: str) -> Sequence[Any]:
    if not chosen:
        return []
    values = _columns([one for _, one in chosen])
    return connection.execute(_OPEN, values | {"by": by, "dues": array(due for due, _ in chosen)}).all()
