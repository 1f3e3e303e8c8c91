"""The lines of vouchers, as the tax system books them in one sequence: payments, reversals and refunds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from adapters.simulators.tax.book import TaxBook

_FIELDS = (
    "sequence",
    "voucher_no",
    "line",
    "reference",
    "person_no",
    "amount",
    "channel",
    "paid_at",
    "treasury_received_on",
    "kind",
    "reverses",
    "refund",
)


class Payable(NamedTuple):
    """What a line of a voucher is for, with the channel and the second of the day of its payment."""

    id: int | None
    reference: str | None
    person_no: str | None
    amount: int
    channel: str
    second: int
    insurance: str
    period: str
    area: str
    levy: str


class Line(NamedTuple):
    """A row of the payment table."""

    sequence: int
    voucher_no: str
    line: int
    due: int | None
    reference: str | None
    person_no: str | None
    amount: int
    channel: str
    paid_at: str
    treasury_received_on: str
    kind: str
    reverses: str | None
    refund: str | None
    tax_date: str
    insurance: str
    period: str
    area: str


_INSERT = f"INSERT INTO payment VALUES ({', '.join('?' * len(Line._fields))})"


class Day(NamedTuple):
    """A day as the lines of its vouchers write it; the treasury receives the money a day later."""

    text: str
    month: str
    received_on: str

    @classmethod
    def of(cls, day: date) -> Day:
        """The writing of ``day``."""
        return cls(day.isoformat(), f"{day:%y%m}", (day + timedelta(days=1)).isoformat())


class Vouchers:
    """Numbers and collects the vouchers of one stroke of business, and books them at its end, all together."""

    def __init__(self, book: TaxBook, day: date) -> None:
        self._book, self._day = book, Day.of(day)
        self._lines: list[Line] = []
        last: int = book.connection.execute("SELECT coalesce(max(sequence), 0) FROM payment").fetchone()[0]
        self._last = last

    def add(
        self,
        payables: Sequence[Payable],
        kind: str = "payment",
        reverses: str | None = None,
        refund: str | None = None,
        lines: Sequence[int] = (),
    ) -> str:
        """One more voucher, paid at one moment; its lines count from 1 unless ``lines`` says which. Its number."""
        first, on = payables[0], self._day
        minute = first.second // 60
        number = f"3{first.area}{on.month}{self._last + 1:09d}"
        moment = f"{on.text}T{minute // 60:02d}:{minute % 60:02d}:{first.second % 60:02d}+08:00"
        for place, each in enumerate(payables):
            self._last += 1
            line = lines[place] if lines else place + 1
            self._lines.append(
                Line(
                    self._last, number, line, each.id, each.reference, each.person_no, each.amount, each.channel,
                    moment, on.received_on, kind, reverses, refund, on.text, each.insurance, each.period, each.area,
                )
            )  # fmt: skip
        return number

    def book(self) -> int:
        """Write all lines down; how many there were."""
        self._book.connection.executemany(_INSERT, self._lines)
        for line in self._lines:
            if line.due is not None:
                self._book.receive(line.due, line.amount, line.kind, line.voucher_no)
        return len(self._lines)


def page(book: TaxBook, cursor: int, limit: int) -> dict[str, Any]:
    """The lines after a sequence number, as the wire gives them."""
    rows = book.connection.execute(
        f"SELECT {', '.join(_FIELDS)} FROM payment WHERE sequence > ? ORDER BY sequence LIMIT ?", (cursor, limit + 1)
    ).fetchall()
    items = [dict(zip(_FIELDS, row, strict=True)) for row in rows[:limit]]
    last = items[-1]["sequence"] if items else cursor
    return {"items": items, "next_cursor": str(last), "more": len(rows) > limit}


def lines_between(book: TaxBook, after: int, until: int) -> Iterator[dict[str, Any]]:
    """The lines after a sequence number, up to and including another."""
    query = f"SELECT {', '.join(_FIELDS)} FROM payment WHERE sequence > ? AND sequence <= ? ORDER BY sequence"
    for row in book.connection.execute(query, (after, until)):
        yield dict(zip(_FIELDS, row, strict=True))
