"""Assistance as the decision calls for it, less what was given before: netted at the levy, or following the payment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from policies.money import Fen
from worker.assistance.cancel import OPEN, cancel
from worker.audit.log import Event
from worker.database.arrays import array
from worker.database.copy import copy_columns
from worker.dues.batch import next_numbers
from worker.handoff.assisted import assisted_elsewhere
from worker.law import Grant
from worker.ledger import assistance as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post

# What is clawed back is between the person and the fund: it neither counts nor is it cancelled.
_BEFORE = text(
    "SELECT a.id, e.id AS enrolment_id, a.insurance, a.source, a.category, a.timing, a.amount, a.state,"
    " EXISTS (SELECT FROM clawback c WHERE c.assistance_id = a.id) AS apart,"
    " a.enrolment_id IS DISTINCT FROM e.id AND fund_has_back(a.id) AS made_good,"
    " a.enrolment_id IS DISTINCT FROM e.id AS elsewhere FROM enrolment e"
    " JOIN assistance a ON a.person_id = e.person_id AND a.insured_year = e.insured_year"
    " WHERE e.id = ANY(CAST(:ids AS bigint[])) ORDER BY a.id FOR UPDATE OF a"
)

_YEARS = text("SELECT id, insured_year FROM enrolment WHERE id = ANY(CAST(:ids AS bigint[]))")
_OTHER = {"at_levy": "after_payment", "after_payment": "at_levy"}


class Recipient(NamedTuple):
    """Who is assisted, with the current dues of their enrolment."""

    enrolment_id: int
    person_id: int
    dues: Sequence[Any]

    def due_of(self, insurance: str) -> int | None:
        """The due that assistance with this insurance belongs to: the person's own levy where there is one."""
        alive = [due for due in self.dues if due.insurance == insurance and due.state not in ("void", "rejected")]
        ordered = sorted(alive, key=lambda due: (due.payer == "person" and due.part == 0, -due.part))
        return ordered[-1].id if ordered else None


class Assistance(NamedTuple):
    """A grant as one row of the table ``assistance``."""

    id: int
    enrolment_id: int
    person_id: int
    due_id: int | None
    area: str
    insured_year: int
    insurance: str
    category: str
    source: str
    timing: str
    amount: Fen
    rule: str
    state: str
    ordinal: int
    granted_on: date


class _Fresh(NamedTuple):
    """Something to give that was not given before."""

    recipient: Recipient
    item: Grant
    amount: Fen
    ordinal: int


def grant(
    connection: Connection,
    accounts: Accounts,
    area: str,
    today: date,
    recipients: Sequence[Recipient],
    grants: Mapping[int, Sequence[Grant]],
) -> list[Event]:
    """Give what each enrolment's decision calls for (``grants``) beyond what was given before; returns the events.

    An identity that becomes known after the payment so yields the difference, and a decision taken again nothing. What
    the decision no longer calls for is cancelled while it has not left; once it has, it counts: nobody gets more than
    the decision says in all. Whom another area assists on a claim (R17) is paid nothing here as well, and whom we
    assist on one is given nothing as somebody enrolled here. That nobody is assisted both ways is the database's own
    guard too (``0001_assistance.sql``).
    """
    if not recipients:
        return []
    elsewhere = assisted_elsewhere(connection, [one.enrolment_id for one in recipients])
    before: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(_BEFORE, {"ids": array(one.enrolment_id for one in recipients)}):
        before[row.enrolment_id].append(row)
    fresh: list[_Fresh] = []
    superseded: list[int] = []
    withheld: list[Event] = []
    for one in recipients:
        called_for, earlier = grants.get(one.enrolment_id, ()), before.get(one.enrolment_id, ())
        claimed = {row.insurance for row in earlier if row.elsewhere and row.state != "cancelled" and not row.made_good}
        # What nets the levy is part of the amount itself, and stays: `levy held twice` lists it.
        items = [
            item
            for item in called_for
            if item.insurance not in claimed
            and (item.timing == "at_levy" or (one.enrolment_id, item.insurance) not in elsewhere)
        ]
        withheld += [_elsewhere(one, item) for item in called_for if item not in items]
        if items or earlier:
            for insurance in {item.insurance for item in items} | {row.insurance for row in earlier}:
                found, gone = _missing(
                    one,
                    [item for item in items if item.insurance == insurance],
                    [row for row in earlier if row.insurance == insurance],
                    (one.enrolment_id, insurance) in elsewhere,
                )
                fresh += found
                superseded += gone
    cancelled = cancel(connection, accounts, today, superseded)
    return cancelled + _give(connection, accounts, area, today, fresh) + withheld


def _elsewhere(recipient: Recipient, item: Grant) -> Event:
    facts = {"category": item.category, "source": item.source, "amount": item.amount, "because": "assisted_elsewhere"}
    return Event("assistance.withheld", recipient.person_id, facts)


def _missing(
    recipient: Recipient, items: Sequence[Grant], earlier: Sequence[Any], on_claim: bool
) -> tuple[list[_Fresh], list[int]]:
    """What is to be given for one insurance, and the earlier rows whose place it takes.

    Whom another area assists (``on_claim``) repays what had netted their levy: it stands in for that all the same.
    """
    wanted: Counter[tuple[str, str]] = Counter()
    for item in items:
        wanted[item.source, item.timing] += item.amount
    counts = [
        row
        for row in earlier
        if row.state != "cancelled"
        and not row.elsewhere
        and not (row.apart and not (on_claim and row.timing == "at_levy"))
    ]
    given: Counter[tuple[str, str]] = Counter()
    for row in counts:
        given[row.source, row.timing] += row.amount
    gone = []
    for row in reversed(counts):
        if given[row.source, row.timing] > wanted[row.source, row.timing] and row.state in OPEN:
            given[row.source, row.timing] -= row.amount
            gone.append(row.id)
    fresh: list[_Fresh] = []
    left = wanted.total() - given.total()
    other_way = {(row.source, row.category, row.timing) for row in counts if row.id not in gone}
    for item in items:
        if (item.source, item.category, _OTHER[item.timing]) in other_way:
            continue  # it has left the other way, under parameters that have changed since: never both
        key = (item.source, item.timing)
        amount = min(left, item.amount - given[key])
        given[key] = max(0, given[key] - item.amount)
        if amount > 0:
            fresh.append(_Fresh(recipient, item, amount, len(earlier) + len(fresh) + 1))
            left -= amount
    return fresh, gone


def _give(connection: Connection, accounts: Accounts, area: str, today: date, fresh: Sequence[_Fresh]) -> list[Event]:
    if not fresh:
        return []
    found = connection.execute(_YEARS, {"ids": array(one.recipient.enrolment_id for one in fresh)})
    year_of = {row.id: row.insured_year for row in found}
    rows = [
        Assistance(
            number, to.enrolment_id, to.person_id, to.due_of(item.insurance), area, year_of[to.enrolment_id],
            item.insurance, item.category, item.source, item.timing, amount, item.rule,
            "applied" if item.timing == "at_levy" else "granted", ordinal, today,
        )
        for number, (to, item, amount, ordinal) in zip(
            next_numbers(connection, "assistance_number", len(fresh)), fresh, strict=True
        )
    ]  # fmt: skip
    copy_columns(connection, "assistance", dict(zip(Assistance._fields, zip(*rows, strict=True), strict=True)))
    moves = (
        (ledger.applied if row.timing == "at_levy" else ledger.granted)(
            accounts, row.id, row.due_id, row.insurance, row.source, row.amount
        )
        for row in rows
    )
    post(connection, moves, today)
    return [
        Event(
            f"assistance.{row.state}",
            row.person_id,
            {
                "assistance": row.id,
                "category": row.category,
                "source": row.source,
                "amount": row.amount,
                "rule": row.rule,
            },
        )
        for row in rows
    ]
