"""Two books of one area, ours in the database and theirs as statements, for tests that plant differences in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import Engine, text

from adapters.ports import BadLine, Statement, TreasuryStatement
from worker.reconciliation.compare import Break, Issued, compare, links, told
from worker.reconciliation.keep import Compared, Scope, keep, our_days
from worker.reconciliation.sides import TAX, Side

FIRST = date(2020, 10, 1)
_AREAS = count(100_000)
_NUMBERS = count(1)


class Row(NamedTuple):
    """One row of either book: ``number`` names the item, ``day`` counts from the first of October."""

    number: int
    day: int
    amount: int = 28000
    kind: str = "forth"
    owner: str = "a"
    reference: str = "r"
    area: str = ""
    period: str = "202101-202112"
    said: int | None = None


@dataclass
class Books:
    """The books of one side in an area of their own; ``theirs`` may be changed between comparisons."""

    engine: Engine
    side: Side
    theirs: list[Row] = field(default_factory=list)
    bad: dict[int, BadLine] = field(default_factory=dict)
    today: date = FIRST + timedelta(days=40)
    area: str = field(default_factory=lambda: str(next(_AREAS)))
    _numbers: dict[int, int] = field(default_factory=dict)

    def item(self, number: int) -> str:
        """What the item is called: a voucher, or an order's reference."""
        known = self._numbers.setdefault(number, next(_NUMBERS))
        return f"V{known}" if self.side is TAX else f"{self.area}-{known}"

    def book(self, rows: Iterable[Row]) -> None:
        """Write rows into our book."""
        statement = _OUR_PAYMENT if self.side is TAX else _OUR_ORDER
        with self.engine.begin() as connection:
            for row in rows:
                item, (kind, _, code) = self.item(row.number), self._kind(row).partition(" ")
                values = {
                    "id": self._numbers[row.number], "item": item, "day": _day(row.day), "amount": row.amount,
                    "kind": kind, "code": code or None,
                    "owner": row.owner, "reference": row.reference, "area": self.area, "year": int(row.period[:4]),
                }  # fmt: skip
                for query in statement:
                    connection.execute(text(query), values)

    def compare(self, days: Sequence[int]) -> list[Break]:
        """Compare these days, as one job does, and keep what is found."""
        issued = [self._issued(day) for day in days]
        with self.engine.begin() as connection:
            linked = links(connection, self.side, told(self.side, self.area, issued))
            also = [self._issued((day - FIRST).days) for day in sorted({day for day, _ in linked})]
            items = {item for _, item in linked}
            booked = our_days(connection, self.side, self.area, [one.day for one in issued])
            lines = told(self.side, self.area, [*issued, *also])
            found = compare(connection, self.side, lines, issued, items)
            figures = [
                Compared(one.day, one.digest, len(one.statement.rows), 0, *booked.get(one.day, (0, 0)), 0)
                for one in issued
            ]
            scope = Scope(self.side, self.area, "day", "worker:test", self.today, items, [one.day for one in also])
            keep(connection, scope, figures, found)
        return found

    def breaks(self, state: str = "open") -> set[tuple[int, str, str]]:
        """Day, item and kind of the breaks in this state."""
        rows = self.rows(f"SELECT day, item, kind FROM break_found WHERE area = '{self.area}' AND state = '{state}'")
        return {((day - FIRST).days, item, kind) for day, item, kind in rows}

    def kinds(self, state: str = "open") -> list[str]:
        """Kinds of the breaks in this state."""
        return sorted(kind for _, _, kind in self.breaks(state))

    def steps(self) -> list[str]:
        """What happened to breaks, in order."""
        return [
            row[0]
            for row in self.rows(
                "SELECT s.action FROM break_step s JOIN break_found b ON b.id = s.break_id"
                f" WHERE b.area = '{self.area}' ORDER BY s.id"
            )
        ]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def _kind(self, row: Row) -> str:
        forth, back = ("payment", "reversal") if self.side is TAX else ("paid", "returned account_closed")
        return {"forth": forth, "back": back}.get(row.kind, row.kind)

    def _issued(self, day: int) -> Issued:
        rows = [self._line(at, row) for at, row in enumerate(self.theirs, start=2) if row.day == day]
        bad = [self.bad[day]] if day in self.bad else []
        read: Any = Statement(rows, bad, None, None, None, ()) if self.side is TAX else TreasuryStatement(rows, bad, ())
        return Issued(_day(day), f"digest {day}", read)

    def _line(self, at: int, row: Row) -> Any:
        said = str(_day(row.day if row.said is None else row.said))
        area, kind = row.area or self.area, self._kind(row)
        if self.side is TAX:
            return {
                "file_line": at, "voucher_no": self.item(row.number), "line": 1, "reference": row.reference,
                "person_no": row.owner, "amount": row.amount, "kind": kind, "area": area,
                "period": row.period, "tax_date": said,
            }  # fmt: skip
        outcome, _, code = kind.partition(" ")
        return {
            "file_line": at, "reference": self.item(row.number), "fund": row.owner, "amount": row.amount,
            "outcome": outcome, "code": code or None, "area": area, "executed_on": said,
        }  # fmt: skip


def _day(day: int) -> date:
    return FIRST + timedelta(days=day)


_OUR_PAYMENT = (
    "INSERT INTO payment (id, voucher_no, due_id, reference, person_no, amount, channel, kind, paid_at, tax_date, area,"
    " insured_year) VALUES (:id, :item, 1, :reference, :owner, :amount, 'app', :kind, :day, :day, :area, :year)",
)
_OUR_ORDER = (
    "INSERT INTO due (id, enrolment_id, person_id, area, insured_year, insurance, payer, version, decision_id,"
    " standard, amount, channel, assessed_on, deadline, batch) VALUES (:id, :id, :id, :area, 2021, 'resident_medical',"
    " 'person', 1, 1, :amount, :amount, 'ordinary', :day, :day, 'b')",
    "INSERT INTO assistance (id, enrolment_id, person_id, due_id, area, insured_year, insurance, category, source,"
    " amount, rule, ordinal, granted_on) VALUES (:id, :id, :id, :id, :area, 2021, 'resident_medical', 'x', :owner,"
    " :amount, 'x', 1, :day)",
    "INSERT INTO disbursement (id, assistance_id, attempt, bank_account_id, amount, batch, state, code, settled_on)"
    " VALUES (:id, :id, 1, 1, :amount, 'b', :kind, :code, :day)",
)
