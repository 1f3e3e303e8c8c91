"""Taking into the restored book what tax holds: our own dues as tax has them, and dues that were presented since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from adapters.ports import Acknowledgement
from worker.audit.log import Event
from worker.backup.look import Found
from worker.database.arrays import array
from worker.dues.acknowledged import acknowledge, withdrawn
from worker.dues.batch import OPEN, Due, asked_for, current_dues, write_dues
from worker.dues.reference import due_reference
from worker.house import House
from worker.law import Slot
from worker.ledger import dues as ledger
from worker.ledger.post import post
from worker.roster.facts import Facts, load_facts, without_closed

LARGEST = 1000
_STRAYS = text(
    "SELECT s.number, s.state, s.amount, s.insurance, s.payer, s.deadline, s.tax_no, e.id AS enrolment_id,"
    " e.person_id FROM stray s LEFT JOIN person p ON p.person_no = s.person_no LEFT JOIN enrolment e"
    " ON e.person_id = p.id AND e.area = :area AND e.insured_year = :year"
    " WHERE s.side = 'tax' AND s.outcome IS NULL AND s.state IN ('open', 'paid', 'reversed') ORDER BY e.id, s.number"
)
_ADOPTED = text("UPDATE stray SET outcome = 'adopted' WHERE side = 'tax' AND number = ANY(CAST(:ids AS bigint[]))")
_VOIDING = text("UPDATE due SET state = 'voiding' WHERE id = ANY(CAST(:ids AS bigint[])) AND state = 'accepted'")


def stray_dues(connection: Connection, area: str, year: int) -> list[Any]:
    """Dues that tax holds and nobody here knows of, with the enrolment that they are of; none where it is not known."""
    return list(connection.execute(_STRAYS, {"area": area, "year": year}))


def catch_up(connection: Connection, house: House, found: Found, today: date) -> list[Event]:
    """Bring our own dues to where tax has them: presented after all, or withdrawn meanwhile. Returns the events."""
    answers = [
        Acknowledgement(state["reference"], state["state"] != "rejected", state["number"], _code(state), None)
        for state in found.accepted
    ]
    events = acknowledge(connection, house, today, answers) if answers else []
    if found.voided:
        connection.execute(_VOIDING, {"ids": array(found.voided)})
        events += withdrawn(connection, house, today, found.voided, [])
    return events


def adopt(connection: Connection, house: House, days: Sequence[date], today: date) -> list[Event]:
    """Take stray dues into the book under their own numbers, where the law asks for just these amounts.

    ``days``: as of which the question is put, the likeliest first. What is not adopted stays stray. Returns the events.
    """
    strays = [row for row in stray_dues(connection, house.law.area, house.law.insured_year) if row.enrolment_id]
    events: list[Event] = []
    for at in range(0, len(strays), LARGEST):
        part = strays[at : at + LARGEST]
        facts = load_facts(connection, sorted({row.enrolment_id for row in part}), lock=True)
        events += _adopt(connection, house, without_closed(connection, facts), part, days, today)
    return events


def _adopt(
    connection: Connection, house: House, facts: Facts, strays: Sequence[Any], days: Sequence[date], today: date
) -> list[Event]:
    wanted = [_slots(house, facts, day) for day in days]
    existing = current_dues(connection, facts.enrolment_ids)
    new: list[Due] = []
    replaced: list[int] = []
    for row in strays:
        found = [slots[_key(row)] for slots in wanted if _key(row) in slots]
        slot = next((one for one in found if one[0].amount == row.amount), None)
        before = next((due for due in existing.get(row.enrolment_id, ()) if _same_levy(due, row)), None)
        taken = any((due.enrolment_id, due.insurance, due.payer) == _key(row) for due in new)
        if slot is None or taken or (before is not None and before.state in (*OPEN, "paid", "refunded")):
            continue
        if before is not None:
            replaced.append(before.id)
        new.append(_due(house, row, slot, 1 if before is None else before.version + 1, today))
    write_dues(connection, new, replaced)
    connection.execute(_ADOPTED, {"ids": array(due.id for due in new)})
    accounts = house.accounts(house.law.area)
    post(connection, (ledger.assessed(accounts, d.id, d.insurance, d.payer, d.amount) for d in new), today)
    numbers = {row.number: row.tax_no for row in strays}
    answers = [
        Acknowledgement(due_reference(due.area, due.insured_year, due.id), True, numbers[due.id], None, None)
        for due in new
    ]
    told = [Event("levy.assessed", due.person_id, _facts(due)) for due in new]
    return told + (acknowledge(connection, house, today, answers) if answers else [])


def _slots(house: House, facts: Facts, day: date) -> Mapping[tuple[int, str, str], tuple[Slot, int]]:
    """What the law asks for as of a day, by enrolment, insurance and payer, with the decision."""
    if not len(facts):
        return {}
    rulings = house.law.assess(facts.people, day).rulings
    return {
        (enrolment, slot.insurance, slot.payer): (slot, ruling.decision_id)
        for enrolment, ruling in zip(facts.enrolment_ids, rulings, strict=True)
        for slot in ruling.slots
    }


def _due(house: House, row: Any, slot: tuple[Slot, int], version: int, today: date) -> Due:
    asked, decision = slot
    return Due(
        row.number, row.enrolment_id, row.person_id, house.law.area, house.law.insured_year, row.insurance, row.payer,
        0, version, decision, asked.standard, row.amount, asked.channel, today, row.deadline, "adopted",
    )  # fmt: skip


def _facts(due: Due) -> dict[str, Any]:
    return {"decision": due.decision_id, "outcome": "adopted", "dues": [asked_for(due)]}


def _key(row: Any) -> tuple[int, str, str]:
    return row.enrolment_id, row.insurance, row.payer


def _same_levy(due: Any, row: Any) -> bool:
    return bool((due.insurance, due.payer, due.part) == (row.insurance, row.payer, 0))


def _code(state: Any) -> str | None:
    return "rejected_before_restore" if state["state"] == "rejected" else None
