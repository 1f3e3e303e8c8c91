"""People who have paid: the decision as of the day of their payment, with what became known since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection, text

from worker.assistance.clawback import open_clawbacks
from worker.assistance.endings import Ending, endings, without
from worker.assistance.grant import Recipient, grant
from worker.audit.log import Event
from worker.database.arrays import array
from worker.dues.batch import Due
from worker.dues.differences import Difference, differences
from worker.dues.first_payment import counted_from_first
from worker.dues.settled import Settled
from worker.house import House
from worker.law import Decided
from worker.ledger.chart import Accounts
from worker.roster.applied import applied_for
from worker.roster.facts import Facts, to_dates, to_days

_COVER = text(
    "UPDATE enrolment e SET benefit_start = n.starts, benefit_end = n.ends, decision_id = n.decision,"
    " assessed_on = :today, holds_until = n.until, stale = n.waits,"
    " free_since = CASE WHEN n.owing THEN NULL ELSE e.free_since END"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:starts AS date[]), CAST(:ends AS date[]), CAST(:decisions AS int[]),"
    " CAST(:until AS date[]), CAST(:waits AS bool[]), CAST(:owing AS bool[]))"
    " AS n(id, starts, ends, decision, until, waits, owing)"
    " WHERE e.id = n.id AND e.closed_because IS NULL"
)


@dataclass(frozen=True)
class Confirmed:
    """What follows for people who have paid: events, new dues to present, dues to withdraw at tax first."""

    events: list[Event]
    new: list[Due]
    withdraw: list[int]
    decisions: dict[int, int]
    """The number of the decision, by enrolment."""


def confirm(
    connection: Connection, house: House, batch: str, facts: Facts, people: Sequence[Settled], today: date
) -> Confirmed:
    """Decide by the day of payment, date the cover by it, and bring assistance and amounts into line.

    The levy is what was so on that day; what became known up to ``today`` can only add assistance, unless the identity
    has ended: then the notice says whether it is kept, cancelled or clawed back. Who had paid in another area first, by
    mistake, is covered as if they had paid here on that day. ``facts`` are of just these
    ``people``, whose enrolments the caller has locked.
    """
    by_enrolment = {one.enrolment_id: one for one in people}
    people = [by_enrolment[enrolment] for enrolment in facts.enrolment_ids]
    paid_on = to_days([one.paid_on for one in people])
    ended = endings(connection, house.law, facts, [one.paid_on for one in people], today)
    facts = applied_for(connection, house.law, facts, paid_on, today)
    facts = replace(facts, people=without(facts, ended))
    decided = house.law.assess_paid(facts.people, today, paid_on, to_days([one.asked_on for one in people]))
    decided = counted_from_first(connection, house.law, facts, people, decided, today)
    accounts = house.accounts(house.law.area)
    starts = to_dates(decided.starts_on)
    found = differences(connection, house, accounts, batch, facts, people, decided.rulings, today)
    _cover(connection, facts, people, decided, found, ended, today)
    first_days = dict(zip(facts.enrolment_ids, starts, strict=True))
    events = open_clawbacks(connection, accounts, ended, first_days, today)
    events += _granted(connection, house, accounts, people, decided, today)
    decisions = dict(zip(facts.enrolment_ids, (ruling.decision_id for ruling in decided.rulings), strict=True))
    return Confirmed(events + found.events, found.new, found.withdraw, decisions)


def _granted(
    connection: Connection,
    house: House,
    accounts: Accounts,
    people: Sequence[Settled],
    decided: Decided,
    today: date,
) -> list[Event]:
    recipients = [Recipient(one.enrolment_id, one.person_id, one.dues) for one in people]
    grants = {one.enrolment_id: ruling.grants for one, ruling in zip(people, decided.rulings, strict=True)}
    return grant(connection, accounts, house.law.area, today, recipients, grants)


def _cover(
    connection: Connection,
    facts: Facts,
    people: Sequence[Settled],
    decided: Decided,
    found: Difference,
    ended: Sequence[Ending],
    today: date,
) -> None:
    # Who was free and turns out to owe something is free no more, and assessed like anybody who has not paid.
    owing = {
        one.enrolment_id
        for one, ruling in zip(people, decided.rulings, strict=True)
        if not one.dues and ruling.outcome == "due"
    }
    waiting = {one.enrolment_id for one in ended if one.outcome == "waits"} | found.waits | owing
    connection.execute(
        _COVER,
        {
            "today": today,
            "ids": array(facts.enrolment_ids),
            "starts": array(to_dates(decided.starts_on)),
            "ends": array(to_dates(decided.ends_on)),
            "decisions": array(ruling.decision_id for ruling in decided.rulings),
            "until": array(found.until.get(one) for one in facts.enrolment_ids),
            "waits": array(one in waiting for one in facts.enrolment_ids),
            "owing": array(one in owing for one in facts.enrolment_ids),
        },
    )
