"""Assess: decide what each person of a batch owes, and bring their dues into line with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from worker.assistance.grant import Recipient, grant
from worker.audit.log import Event
from worker.database.arrays import array
from worker.dues.batch import OPEN, Due, asked_for, current_dues, next_numbers, same
from worker.dues.messages import present
from worker.dues.paid import Confirmed, confirm
from worker.dues.settled import Settled, certain, free, settled
from worker.house import House
from worker.jobs.outcome import Later, Outcome
from worker.jobs.queue import NewJob
from worker.jobs.work import Work
from worker.law import Decided, Ruling, Slot
from worker.roster.facts import Facts, load_facts, to_dates, without_closed

_STALE = text(
    "SELECT id FROM enrolment WHERE area = :area AND insured_year = :year"
    " AND (stale OR (holds_until < :today AND extract(year FROM CAST(:today AS date)) <= :year)"
    "  OR assessed_on < :since) AND closed_because IS NULL"
    # Nothing is asked for a cover that is suspended and not paid for.
    " AND (suspended_on IS NULL OR EXISTS (SELECT FROM due d WHERE d.enrolment_id = enrolment.id AND d.current"
    "  AND d.paid > 0))"  # in no order: the planner would walk the index for it, which costs three times a plain scan
)
_OPEN_INTAKE = text("SELECT count(*) FROM job WHERE kind LIKE 'intake%' AND state IN ('ready', 'running', 'unknown')")
_FREE = text("SELECT id, free_since FROM enrolment WHERE id = ANY(CAST(:ids AS bigint[])) AND free_since IS NOT NULL")
_DECIDED = text(
    "UPDATE enrolment e SET stale = n.waits, decision_id = n.decision, assessed_on = :today, holds_until = n.until,"
    " benefit_start = n.starts, benefit_end = n.ends, free_since = CASE WHEN n.free THEN CAST(:today AS date) END"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:waits AS bool[]), CAST(:decisions AS int[]), CAST(:until AS date[]),"
    " CAST(:starts AS date[]), CAST(:ends AS date[]), CAST(:free AS bool[]))"
    " AS n(id, waits, decision, until, starts, ends, free) WHERE e.id = n.id"
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
    going: set[int] = field(default_factory=set)
    """Places with a due that is to go first."""


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: a job for each batch of people whose facts changed or whose decision ran out."""
    law, today, size = house.law, work.job.business_date, house.settings.batch
    with work.begin() as connection:
        if connection.execute(_OPEN_INTAKE).scalar_one():
            return Later("intake is still under way", seconds=0.5, failed=False)
    with work.completing() as connection:
        values = {"area": law.area, "year": law.insured_year, "today": today, "since": law.since(today)}
        ids = sorted(connection.execute(_STALE, values).scalars())
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
        paid = _paid(connection, house, facts, existing, today)
        confirmed = _confirm(connection, house, batch, facts, paid, today)
        facts = facts.chosen([at for at, one in enumerate(facts.enrolment_ids) if one not in paid])
        new, withdraw = confirmed.new, confirmed.withdraw
        events = confirmed.events
        replaced: list[int] = []
        if len(facts):
            decided = house.law.assess(facts.people, today)
            until = to_dates(house.law.payable_until(facts.people, today))
            changes = _changes(facts, decided.rulings, until, existing)
            asked = _new_dues(connection, house, facts, decided.rulings, until, changes, batch, today)
            new, withdraw, replaced = new + asked, withdraw + changes.withdraw, changes.replaced
            freed = _freed(decided.rulings, changes)
            _record_decisions(connection, facts, decided, until, changes, freed, today)
            events += _events(facts, decided.rulings, until, asked)
            events += _netted(connection, house, facts, decided.rulings, freed, existing, today)
        present(work, connection, house, batch, new, replaced, withdraw)
        house.audit.record(connection, work.origin(batch), events, house.clock.now())
    return None


def _paid(
    connection: Connection, house: House, facts: Facts, existing: dict[int, list[Any]], today: date
) -> dict[int, Settled]:
    """Who of the batch has paid, or is covered without anything being due."""
    since = {row.id: row.free_since for row in connection.execute(_FREE, {"ids": array(facts.enrolment_ids)})}
    found = {}
    for enrolment, person in zip(facts.enrolment_ids, facts.person_ids, strict=True):
        dues = existing.get(enrolment, ())
        one = settled(dues) or (free(enrolment, person, since[enrolment], dues) if enrolment in since else None)
        if one is not None:
            found[enrolment] = one
    return {one.enrolment_id: one for one in certain(house.law, facts, list(found.values()), today)}


def _confirm(
    connection: Connection, house: House, batch: str, facts: Facts, paid: dict[int, Settled], today: date
) -> Confirmed:
    """Who has paid keeps what was paid for; what became known since is set right."""
    if not paid:
        return Confirmed([], [], [], {})
    chosen = facts.chosen([at for at, one in enumerate(facts.enrolment_ids) if one in paid])
    confirmed = confirm(connection, house, batch, chosen, list(paid.values()), today)
    told = [
        Event(
            "levy.confirmed",
            paid[one].person_id,
            {"decision": confirmed.decisions[one], "paid_on": paid[one].paid_on},
        )
        for one in chosen.enrolment_ids
    ]
    return replace(confirmed, events=told + confirmed.events)


def _freed(rulings: Sequence[Ruling], changes: Changes) -> set[int]:
    """Places of people from whom nothing is due and who are covered all the same, once no due is left."""
    settling = changes.waits | changes.going
    return {at for at, ruling in enumerate(rulings) if ruling.outcome == "no_due" and at not in settling}


def _netted(
    connection: Connection,
    house: House,
    facts: Facts,
    rulings: Sequence[Ruling],
    freed: set[int],
    existing: dict[int, list[Any]],
    today: date,
) -> list[Event]:
    """Assistance that leaves nothing to be paid counts from the decision; there will be no payment to wait for."""
    recipients, grants = [], {}
    for at, (enrolment, person) in enumerate(zip(facts.enrolment_ids, facts.person_ids, strict=True)):
        recipients.append(Recipient(enrolment, person, existing.get(enrolment, ())))
        if at in freed:
            grants[enrolment] = [item for item in rulings[at].grants if item.timing == "at_levy"]
    return grant(connection, house.accounts(house.law.area), house.law.area, today, recipients, grants)


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
        if due.part == 0
        and not due.reversed  # tax holds it as settled and taken back: only another one can be paid
        and (slot := wanted.get((due.insurance, due.payer)))
        and until is not None
        and same(due, slot, until)
    ]
    goes = [due for due in open_dues if due not in stays]
    changes.withdraw.extend(due.id for due in goes if due.state == "accepted")
    if any(due.state == "assessed" for due in goes):
        changes.waits.add(place)
    if goes:
        changes.going.add(place)
        return
    versions = {(due.insurance, due.payer): due for due in known if due.part == 0}
    for key, slot in wanted.items():
        before = versions.get(key)
        if before is None:
            changes.wanted.append((place, slot, 1))
        elif before.state not in (*OPEN, "paid"):
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
            slot.payer, 0, version, rulings[at].decision_id, slot.standard, slot.amount, slot.channel, today,
            until[at] or today, batch,
        )
        for number, (at, slot, version) in zip(numbers, changes.wanted, strict=True)
    ]  # fmt: skip


def _record_decisions(
    connection: Connection,
    facts: Facts,
    decided: Decided,
    until: Sequence[date | None],
    changes: Changes,
    freed: set[int],
    today: date,
) -> None:
    """Keep the newest decision with each enrolment. Where nothing is to be paid, no window that ends changes it."""
    connection.execute(
        _DECIDED,
        {
            "today": today,
            "ids": array(facts.enrolment_ids),
            "waits": array(at in changes.waits for at in range(len(facts))),
            "decisions": array(ruling.decision_id for ruling in decided.rulings),
            "until": array(None if at in freed else last for at, last in enumerate(until)),
            "starts": array(to_dates(decided.starts_on)),
            "ends": array(to_dates(decided.ends_on)),
            "free": array(at in freed for at in range(len(facts))),
        },
    )


def _events(facts: Facts, rulings: Sequence[Ruling], until: Sequence[date | None], new: Sequence[Due]) -> list[Event]:
    asked: dict[int, list[dict[str, Any]]] = {}
    for due in new:
        asked.setdefault(due.enrolment_id, []).append(asked_for(due))
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
