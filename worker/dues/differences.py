"""What paid people turn out to owe otherwise than they were asked: the surplus is owed back, the rest asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from policies.money import Fen
from worker.audit.log import Event
from worker.database.arrays import array
from worker.database.copy import copy_columns
from worker.dues.batch import OPEN, Due, asked_for, next_numbers
from worker.dues.settled import GONE, Settled
from worker.house import House
from worker.law import Ruling, Slot
from worker.ledger import dues as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post
from worker.refunds.opening import open_corrected

_LOWER = text(
    "UPDATE due d SET lowered = d.lowered + n.amount FROM unnest(CAST(:ids AS bigint[]), CAST(:amounts AS bigint[]))"
    " AS n(id, amount) WHERE d.id = n.id"
)


@dataclass
class Difference:
    """New dues to present, dues to withdraw at tax, the day until which each supplement may be paid, events.

    ``waits``: enrolments with a due that is under way to tax right now, or is to be withdrawn before anything else.
    """

    new: list[Due] = field(default_factory=list)
    withdraw: list[int] = field(default_factory=list)
    until: dict[int, date] = field(default_factory=dict)
    waits: set[int] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    lowered: list[tuple[Settled, Any, Fen, int]] = field(default_factory=list)
    """(who, the due, fen, the decision)"""
    short: list[tuple[Settled, Slot, int, Fen, int, date]] = field(default_factory=list)
    """(who, what is owed, part, fen, the decision, until when)"""


def differences(
    connection: Connection,
    house: House,
    accounts: Accounts,
    batch: str,
    people: Sequence[Settled],
    rulings: Sequence[Ruling],
    until: Sequence[date | None],
    today: date,
) -> Difference:
    """Compare what each payer has paid with what the decision says of them, and set right what differs.

    Only a difference in assistance is set right here. Where the standard itself is another one (a wrong tier), somebody
    has to look: the facts of a list are as of that list, not of the day of payment.
    """
    found = Difference()
    for one, ruling, last in zip(people, rulings, until, strict=True):
        if ruling.outcome in ("due", "no_due") and not _agrees(one, ruling):
            _compare(found, one, ruling, last)
    _lower(connection, accounts, found, today)
    _ask(connection, house, found, batch, today)
    return found


def _agrees(one: Settled, ruling: Ruling) -> bool:
    """Whether just what is owed was asked for and paid, one due a slot: so it is with nearly everybody."""
    asked = sorted((due.insurance, due.payer, due.standard, due.paid) for due in one.dues if due.state == "paid")
    whole = len(asked) == len(one.dues) and not any(due.lowered for due in one.dues)
    return whole and asked == sorted((slot.insurance, slot.payer, slot.standard, slot.amount) for slot in ruling.slots)


def _compare(found: Difference, one: Settled, ruling: Ruling, until: date | None) -> None:
    known: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for due in one.dues:
        known[due.insurance, due.payer].append(due)
    wanted = {(slot.insurance, slot.payer): slot for slot in ruling.slots}
    insured = {due.insurance: due.standard for due in one.dues}
    for key in sorted(known.keys() | wanted.keys()):
        slot, dues = wanted.get(key), known.get(key, [])
        standard = insured.get(key[0])
        if slot is not None and standard not in (None, slot.standard):
            facts = {"decision": ruling.decision_id, "standard": slot.standard, "asked": standard}
            found.events.append(Event("levy.tier_differs", one.person_id, facts))
        elif standard is not None:
            _set_right(found, one, ruling, dues, slot or Slot(*key, standard, 0, "ordinary"), until)


def _set_right(
    found: Difference, one: Settled, ruling: Ruling, dues: Sequence[Any], slot: Slot, until: date | None
) -> None:
    """Bring what one payer has paid and is still asked for into line with ``slot``."""
    missing = slot.amount - sum(due.paid - due.lowered for due in dues if due.state not in GONE)
    open_dues = [due for due in dues if due.state in OPEN]
    asked = [due.amount - due.paid for due in open_dues]
    if asked == [missing] and missing > 0 and open_dues[0].deadline >= (until or date.min):
        found.until[one.enrolment_id] = open_dues[0].deadline
    elif open_dues:
        found.withdraw += [due.id for due in open_dues if due.state == "accepted"]
        found.waits.add(one.enrolment_id)
    elif missing > 0 and until is not None:
        part = 1 + max((due.part for due in dues), default=0)
        found.short.append((one, slot, part, missing, ruling.decision_id, until))
        found.until[one.enrolment_id] = until
    elif missing > 0:
        facts = {"decision": ruling.decision_id, "payer": slot.payer, "missing": missing}
        found.events.append(Event("levy.short", one.person_id, facts))
    elif missing < 0:
        _give_back(found, one, ruling, dues, -missing)


def _give_back(found: Difference, one: Settled, ruling: Ruling, dues: Sequence[Any], surplus: Fen) -> None:
    for due in sorted(dues, key=lambda due: due.part, reverse=True):
        amount = min(surplus, due.paid - due.lowered)
        if amount > 0:
            found.lowered.append((one, due, amount, ruling.decision_id))
            surplus -= amount


def _lower(connection: Connection, accounts: Accounts, found: Difference, today: date) -> None:
    if not found.lowered:
        return
    numbers = next_numbers(connection, "correction_number", len(found.lowered))
    rows = [
        (number, due.id, one.person_id, amount, decision, today)
        for number, (one, due, amount, decision) in zip(numbers, found.lowered, strict=True)
    ]
    names = ("id", "due_id", "person_id", "amount", "decision_id", "corrected_on")
    copy_columns(connection, "correction", dict(zip(names, zip(*rows, strict=True), strict=True)))
    amounts = {"ids": array(row[1] for row in rows), "amounts": array(row[3] for row in rows)}
    connection.execute(_LOWER, amounts)
    moves = [
        ledger.lowered(accounts, number, due.id, due.insurance, amount)
        for number, (_, due, amount, _) in zip(numbers, found.lowered, strict=True)
    ]
    post(connection, moves, today)
    # A department that paid too much is not a person with an account: `levy held overpaid` lists it.
    persons = [row for row, (_, due, _, _) in zip(rows, found.lowered, strict=True) if due.payer == "person"]
    found.events += open_corrected(connection, today, [(row[0], row[3]) for row in persons], "worker:assess")
    found.events += [
        Event("levy.lowered", one.person_id, {"due": due.id, "amount": amount, "decision": decision})
        for one, due, amount, decision in found.lowered
    ]


def _ask(connection: Connection, house: House, found: Difference, batch: str, today: date) -> None:
    law = house.law
    numbers = next_numbers(connection, "due_number", len(found.short)) if found.short else []
    found.new = [
        Due(
            number, one.enrolment_id, one.person_id, law.area, law.insured_year, slot.insurance, slot.payer, part, 1,
            decision, slot.standard, missing, "special" if slot.payer == "person" else "ordinary", today, until, batch,
        )
        for number, (one, slot, part, missing, decision, until) in zip(numbers, found.short, strict=True)
    ]  # fmt: skip
    found.events += [
        Event("levy.supplemented", due.person_id, {"decision": due.decision_id, "dues": [asked_for(due)]})
        for due in found.new
    ]
