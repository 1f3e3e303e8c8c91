"""Assess: decide what each person of a batch owes, and bring their dues into line with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from worker.assistance.grant import grant
from worker.audit.log import Event
from worker.database.arrays import array
from worker.dues.batch import OPEN, Due, current_dues, next_numbers, same, write_dues
from worker.dues.paid import decide_paid
from worker.dues.reference import due_reference
from worker.house import House
from worker.jobs.outcome import Later, Outcome
from worker.jobs.queue import NewJob
from worker.jobs.work import Work
from worker.law import Ruling, Slot
from worker.ledger import dues as ledger
from worker.ledger.post import post
from worker.roster.facts import Facts, load_facts, to_dates, without_closed

_STALE = text(
    "SELECT id FROM enrolment WHERE area = :area AND insured_year = :year AND (stale OR holds_until < :today)"
    " AND closed_because IS NULL ORDER BY id"
)
_OPEN_INTAKE = text("SELECT count(*) FROM job WHERE kind LIKE 'intake%' AND state IN ('ready', 'running', 'unknown')")
_DECIDED = text(
    "UPDATE enrolment e SET stale = n.waits, decision_id = n.decision, assessed_on = :today, holds_until = n.until,"
    " benefit_start = n.starts, benefit_end = n.ends FROM unnest(CAST(:ids AS bigint[]), CAST(:waits AS bool[]),"
    " CAST(:decisions AS int[]), CAST(:until AS date[]), CAST(:starts AS date[]), CAST(:ends AS date[]))"
    " AS n(id, waits, decision, until, starts, ends) WHERE e.id = n.id"
)


@dataclass
class Changes:
    """What a batch of decisions means for the dues: new versions, versions replaced, dues to be withdrawn first."""

    wanted: list[tuple[int, Slot, int]] = field(default_factory=list)
    """(place in the batch, slot, version)"""
    replaced: list[int] = field(default_factory=list)
    withdraw: list[int] = field(default_factory=list)
    waits: set[int] = field(default_factory=set)
    """Places whose due is under way to tax right now: they stay stale and are looked at again."""


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: a job for each batch of people whose facts changed or whose decision ran out."""
    law, today, size = house.law, work.job.business_date, house.settings.batch
    with work.begin() as connection:
        if connection.execute(_OPEN_INTAKE).scalar_one():
            return Later("intake is still under way", seconds=0.5, failed=False)
    with work.completing() as connection:
        values = {"area": law.area, "year": law.insured_year, "today": today}
        ids = list(connection.execute(_STALE, values).scalars())
        batches = [ids[at : at + size] for at in range(0, len(ids), size)]
        work.enqueue(
            connection,
            [
                NewJob("assess", f"{today}-{work.job.id}-{at}", {"enrolments": batch}, today, law.area)
                for at, batch in enumerate(batches)
            ],
        )
    return None


def assess(work: Work, house: House) -> Outcome | None:
    """One batch: decide, post, record, and call for the messages to tax that follow."""
    today, batch = work.job.business_date, f"{house.law.area}-{work.job.id}"
    with work.completing() as connection:
        facts = without_closed(connection, load_facts(connection, work.job.payload["enrolments"], lock=True))
        existing = current_dues(connection, facts.enrolment_ids)
        events = _settled(connection, house, facts, existing, today)
        facts = facts.chosen([at for at, one in enumerate(facts.enrolment_ids) if not _paid(existing.get(one, ()))])
        if not len(facts):
            house.audit.record(connection, work.origin(batch), events, house.clock.now())
            return None
        decisions = house.law.compiled.assess(facts.people, today)
        rulings = house.law.rulings(decisions)
        until = to_dates(house.law.compiled.payable_until(facts.people, today))
        changes = _changes(facts, rulings, until, existing)
        new = _new_dues(connection, house, facts, rulings, until, changes, batch, today)
        write_dues(connection, new, changes.replaced)
        accounts = house.accounts(house.law.area)
        post(connection, (ledger.assessed(accounts, d.id, d.insurance, d.payer, d.amount) for d in new), today)
        starts, ends = to_dates(decisions.starts_on), to_dates(decisions.ends_on)
        _record_decisions(connection, facts, rulings, until, starts, ends, changes, today)
        _follow_up(work, connection, house, new, changes.withdraw, batch)
        events += _events(facts, rulings, until, new)
        house.audit.record(connection, work.origin(batch), events, house.clock.now())
    return None


def _paid(dues: Sequence[Any]) -> list[Any]:
    return [due for due in dues if due.state == "paid"]


def _settled(
    connection: Connection, house: House, facts: Facts, existing: dict[int, list[Any]], today: date
) -> list[Event]:
    """Who has paid keeps what was paid for; what became known since may add assistance. Returns the events."""
    paid = [due for one in facts.enrolment_ids for due in _paid(existing.get(one, ()))]
    if not paid:
        return []
    paid_on = {due.enrolment_id: due.paid_on for due in paid}
    settled = facts.chosen([at for at, one in enumerate(facts.enrolment_ids) if one in paid_on])
    rulings = decide_paid(connection, house.law, settled, paid_on, today)
    grants = {
        due.id: [item for item in rulings[due.enrolment_id].grants if item.insurance == due.insurance] for due in paid
    }
    events = [
        Event("levy.confirmed", person, {"decision": rulings[one].decision_id, "paid_on": paid_on[one]})
        for one, person in zip(settled.enrolment_ids, settled.person_ids, strict=True)
    ]
    return events + grant(connection, house.accounts(house.law.area), house.law.area, today, paid, grants)


def _changes(
    facts: Facts, rulings: Sequence[Ruling], until: Sequence[date | None], existing: dict[int, list[Any]]
) -> Changes:
    changes = Changes()
    for place, (enrolment, ruling) in enumerate(zip(facts.enrolment_ids, rulings, strict=True)):
        known = existing.get(enrolment)
        if known is None:
            changes.wanted.extend((place, slot, 1) for slot in ruling.slots)
        else:
            _amend(changes, place, ruling.slots, until[place], known)
    return changes


def _amend(changes: Changes, place: int, slots: Sequence[Slot], until: date | None, known: list[Any]) -> None:
    """Withdraw first, ask anew after: a new version exists only once tax has confirmed that the old one is void."""
    wanted = {(slot.insurance, slot.payer): slot for slot in slots}
    open_dues = [due for due in known if due.state in OPEN]
    stays = [
        due
        for due in open_dues
        if (slot := wanted.get((due.insurance, due.payer))) and until is not None and same(due, slot, until)
    ]
    goes = [due for due in open_dues if due not in stays]
    changes.withdraw.extend(due.id for due in goes if due.state == "accepted")
    if any(due.state == "assessed" for due in goes):
        changes.waits.add(place)
    if goes:
        return
    versions = {(due.insurance, due.payer): due for due in known}
    for key, slot in wanted.items():
        before = versions.get(key)
        if before is None:
            changes.wanted.append((place, slot, 1))
        elif before.state not in OPEN:
            again = slot._replace(channel="special") if before.state == "refunded" else slot
            changes.wanted.append((place, again, before.version + 1))
            changes.replaced.append(before.id)


def _new_dues(
    connection: Connection,
    house: House,
    facts: Facts,
    rulings: Sequence[Ruling],
    until: Sequence[date | None],
    changes: Changes,
    batch: str,
    today: date,
) -> list[Due]:
    law = house.law
    numbers = next_numbers(connection, "due_number", len(changes.wanted))
    return [
        Due(
            number, facts.enrolment_ids[at], facts.person_ids[at], law.area, law.insured_year, slot.insurance,
            slot.payer, version, rulings[at].decision_id, slot.standard, slot.amount, slot.channel, today,
            until[at] or today, batch,
        )
        for number, (at, slot, version) in zip(numbers, changes.wanted, strict=True)
    ]  # fmt: skip


def _record_decisions(
    connection: Connection,
    facts: Facts,
    rulings: Sequence[Ruling],
    until: Sequence[date | None],
    starts: Sequence[date | None],
    ends: Sequence[date | None],
    changes: Changes,
    today: date,
) -> None:
    """Keep the newest decision with each enrolment."""
    connection.execute(
        _DECIDED,
        {
            "today": today,
            "ids": array(facts.enrolment_ids),
            "waits": array(at in changes.waits for at in range(len(facts))),
            "decisions": array(ruling.decision_id for ruling in rulings),
            "until": array(until),
            "starts": array(starts),
            "ends": array(ends),
        },
    )


def _follow_up(
    work: Work, connection: Connection, house: House, new: Sequence[Due], withdraw: Sequence[int], batch: str
) -> None:
    today, area = work.job.business_date, house.law.area
    if new:
        payload = {"batch": batch, "first": new[0].id, "last": new[-1].id}
        work.enqueue(connection, [NewJob("push", batch, payload, today, area)])
    if withdraw:
        statement = text("UPDATE due SET state = 'voiding' WHERE id = ANY(:ids) AND state = 'accepted'")
        connection.execute(statement, {"ids": list(withdraw)})
        work.enqueue(connection, [NewJob("void", batch, {"dues": list(withdraw)}, today, area)])


def _events(facts: Facts, rulings: Sequence[Ruling], until: Sequence[date | None], new: Sequence[Due]) -> list[Event]:
    asked: dict[int, list[dict[str, Any]]] = {}
    for due in new:
        reference = due_reference(due.area, due.insured_year, due.id)
        asked.setdefault(due.enrolment_id, []).append(
            {"reference": reference, "version": due.version, "payer": due.payer, "amount": due.amount}
        )
    return [
        Event(
            "levy.assessed",
            person,
            {
                "decision": ruling.decision_id,
                "outcome": ruling.outcome,
                "until": last,
                "dues": asked.get(enrolment, []),
            },
        )
        for enrolment, person, ruling, last in zip(facts.enrolment_ids, facts.person_ids, rulings, until, strict=True)
    ]
