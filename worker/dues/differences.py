"""What paid people turn out to owe otherwise than they were asked: the surplus is owed back, the rest asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection

from policies.money import Fen
from worker.audit.log import Event
from worker.dues.batch import OPEN, Due, asked_for, next_numbers
from worker.dues.lowering import Lowering, lower
from worker.dues.settled import GONE, Settled
from worker.house import House
from worker.law import Ruling, Slot
from worker.ledger.chart import Accounts
from worker.roster.facts import Facts, to_dates


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
    lowered: list[Lowering] = field(default_factory=list)
    short: list[tuple[Settled, Slot, int, Fen, int, date]] = field(default_factory=list)
    """(who, what is owed, part, fen, the decision, until when)"""


def differences(
    connection: Connection,
    house: House,
    accounts: Accounts,
    batch: str,
    facts: Facts,
    people: Sequence[Settled],
    rulings: Sequence[Ruling],
    today: date,
) -> Difference:
    """Compare what each payer has paid with what the decision says of them, and set right what differs.

    Only a difference in assistance is set right here. Where the standard itself is another one (a wrong tier), somebody
    has to look: the facts of a list are as of that list, not of the day of payment.
    """
    found = Difference()
    differing = [
        at
        for at, (one, ruling) in enumerate(zip(people, rulings, strict=True))
        if ruling.outcome in ("due", "no_due") and not _agrees(one, ruling)
    ]
    if not differing:
        return found
    # Asked for these few alone: it takes a third of the time that settling a payment does.
    until = to_dates(house.law.payable_until(facts.chosen(differing).people, today))
    for at, last in zip(differing, until, strict=True):
        _compare(found, people[at], rulings[at], last)
    found.events += lower(connection, accounts, found.lowered, today)
    _ask(connection, house, found, batch, today)
    return found


def _agrees(one: Settled, ruling: Ruling) -> bool:
    """Whether just what is owed was asked for and paid, one due a slot: so it is with nearly everybody."""
    if len(one.dues) == len(ruling.slots) == 1:
        due, slot = one.dues[0], ruling.slots[0]
        agreed = (due.insurance, due.payer, due.standard, due.paid, due.lowered)
        return bool(due.state == "paid" and agreed == (slot.insurance, slot.payer, slot.standard, slot.amount, 0))
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
    stays = asked == [missing] and missing > 0 and not open_dues[0].reversed
    if stays and open_dues[0].deadline >= (until or date.min):
        found.until[one.enrolment_id] = open_dues[0].deadline
    elif open_dues:  # one that is paid in part stays as it is: its next payment or reversal brings us here again
        found.withdraw += [due.id for due in open_dues if due.state == "accepted"]
        if any(due.state != "part_paid" for due in open_dues):
            found.waits.add(one.enrolment_id)
    elif missing > 0 and until is not None:
        part = 1 + max((due.part for due in dues), default=0)
        found.short.append((one, slot, part, missing, ruling.decision_id, until))
        found.until[one.enrolment_id] = until
    elif missing > 0:
        facts = {"decision": ruling.decision_id, "payer": slot.payer, "missing": missing}
        found.events.append(Event("levy.short", one.person_id, facts))
    elif missing < 0:
        _give_back(found, ruling, dues, -missing)


def _give_back(found: Difference, ruling: Ruling, dues: Sequence[Any], surplus: Fen) -> None:
    for due in sorted(dues, key=lambda due: due.part, reverse=True):
        amount = min(surplus, due.paid - due.lowered)
        if amount > 0:
            found.lowered.append(Lowering(due, amount, ruling.decision_id))
            surplus -= amount


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
