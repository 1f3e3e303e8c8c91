"""The two sides that issue statements, tax and treasury, and how both books are brought into the same columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from adapters.ports import MOST_DAYS, BadLine, MonthTotal
from adapters.rows import ExecutedRow, StatementRow
from worker.dues.unclaimed import UNCLAIMED
from worker.feeds.cursor import PAYMENTS, RESULTS
from worker.house import House

COLUMNS = ("line", "item", "reference", "owner", "amount", "kind", "areas", "period", "said_day")
"""What a line of a statement says: its number in the file, which item it is, whose, how much, what, where and when."""


class Stated(Protocol):
    """A statement as it was read."""

    @property
    def rows(self) -> Sequence[Any]: ...
    @property
    def bad(self) -> Sequence[BadLine]: ...
    @property
    def problems(self) -> Sequence[str]: ...


class Neighbour(Protocol):
    """What both ports have for reconciliation."""

    @property
    def gives_totals(self) -> bool: ...

    def statements(self, first: date, last: date) -> dict[date, bytes]: ...

    def read_statement(self, body: bytes) -> Stated: ...

    def monthly(self, month: date) -> list[MonthTotal] | None: ...


@dataclass(frozen=True)
class Side:
    """One side: ``book`` selects our rows of it under a condition: ``by_day``, ``by_month`` or ``by_item``.

    ``owner`` is the kind of a break where the book says another person (tax) or fund (treasury). ``signs`` tells, by
    the first word of a row's kind, how its amount counts in totals.
    """

    name: str
    feed: str
    owner: str
    signs: Mapping[str, int]
    book: str
    day: str
    by_item: str
    line: Callable[[Any], tuple[Any, ...]]

    def ours(self, where: str) -> str:
        """Our rows under a condition, as SQL; only those of the area."""
        return self.book.format(where=where)

    @property
    def by_day(self) -> str:
        """Rows of the days that are looked at."""
        return f"{self.day} = ANY(CAST(:looked_at AS date[]))"

    @property
    def by_month(self) -> str:
        """Rows from one day up to, not including, another."""
        return f"{self.day} >= :first AND {self.day} < :after"

    def sign(self, kind: str) -> int:
        """How an amount of this kind counts in totals."""
        return self.signs[kind.split(" ", 1)[0]]

    @property
    def sign_sql(self) -> str:
        """The same for the column ``kind``, as SQL."""
        cases = " ".join(f"WHEN '{kind}' THEN {sign}" for kind, sign in self.signs.items())
        return f"CASE split_part(kind, ' ', 1) {cases} END"


def _tax_line(row: StatementRow) -> tuple[Any, ...]:
    item = row["voucher_no"] if row["line"] == 1 else f"{row['voucher_no']}/{row['line']}"
    return (
        row["file_line"], item, row["reference"], row["person_no"], row["amount"], row["kind"], row["area"],
        row["period"], row["tax_date"],
    )  # fmt: skip


def _treasury_line(row: ExecutedRow) -> tuple[Any, ...]:
    kind = f"{row['outcome']} {row['code']}" if row["code"] else row["outcome"]
    return (
        row["file_line"], row["reference"], row["reference"], row["fund"], row["amount"], kind, row["area"], None,
        row["executed_on"],
    )  # fmt: skip


TAX = Side(
    name="tax",
    feed=PAYMENTS,
    owner="person",
    signs={"payment": 1, "reversal": -1, "refund": -1},
    book="SELECT p.id, p.tax_date AS day, p.voucher_no || CASE WHEN p.line > 1 THEN"
    "  '/' || p.line ELSE '' END AS item, p.reference, p.person_no AS owner, p.amount, p.kind,"
    " p.insured_year || '01-' || p.insured_year || '12' AS period,"
    f" {UNCLAIMED} AS unclaimed FROM payment p WHERE p.area = :area AND ({{where}})",
    day="p.tax_date",
    by_item="p.line = 1 AND p.voucher_no = t.item OR p.line > 1 AND t.item ~ '/[0-9]{1,4}$'"
    " AND p.voucher_no = regexp_replace(t.item, '/[0-9]+$', '') AND p.line::text = substring(t.item FROM '[0-9]+$')",
    line=_tax_line,
)
TREASURY = Side(
    name="treasury",
    feed=RESULTS,
    owner="fund",
    signs={"paid": 1, "returned": 0},
    book="SELECT o.id, o.settled_on AS day, CAST(:area AS text) || '-' || o.id AS item,"
    " CAST(:area AS text) || '-' || o.id AS reference,"
    " coalesce(a.source, 'premium') AS owner, o.amount, concat_ws(' ', o.state, o.code) AS kind,"
    " CAST(NULL AS text) AS period, CAST(0 AS bigint) AS unclaimed FROM disbursement o"
    " LEFT JOIN assistance a ON a.id = o.assistance_id LEFT JOIN refund_item i ON i.id = o.refund_item_id"
    " WHERE o.state IN ('paid', 'returned') AND coalesce(a.area, i.area) = :area AND ({where})",
    day="o.settled_on",
    by_item="o.id = CASE WHEN t.item ~ ('^' || :area || '-[1-9][0-9]{0,17}$')"
    " THEN split_part(t.item, '-', 2)::bigint END",
    line=_treasury_line,
)
SIDES = {side.name: side for side in (TAX, TREASURY)}


def files(far: Neighbour, days: Sequence[date]) -> Iterator[tuple[date, bytes | None]]:
    """The statement file of each of these days, which are in order; ``None``: it is not issued."""
    left = list(days)
    while left:
        run = 1
        while run < min(len(left), MOST_DAYS) and left[run] - left[0] == timedelta(days=run):
            run += 1
        found: dict[date, bytes | None] = {**far.statements(left[0], left[run - 1])} or {left[0]: None}
        yield from found.items()
        del left[: len(found)]


def neighbour(house: House, side: Side) -> Neighbour:
    """The port of the side."""
    return house.tax if side is TAX else house.treasury
