"""Where the simulated payers pay: payments, sponsor payments and reversals, booked in one sequence."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import orjson

from adapters.simulators.faults import FaultPlan
from adapters.simulators.tax.book import TaxBook

_FIELDS = (
    "sequence",
    "voucher_no",
    "reference",
    "person_no",
    "amount",
    "channel",
    "paid_at",
    "treasury_received_on",
    "kind",
    "reverses",
)
_PAYING = frozenset(("wrong_amount", "double_payment"))
_TEXTS = {
    "unknown_reference": "No open due is held under this reference.",
    "not_sponsored": "This due is not one that this sponsor pays.",
    "amount_differs": "The declared amount is not the amount due.",
    "already_paid": "This due is paid.",
    "voided": "This due was voided.",
    "deadline_passed": "The deadline of this amount lies before today.",
}
Due = dict[str, Any]


class Payable(NamedTuple):
    """A due at the till, with the channel and the second of the day of its payment."""

    id: int
    reference: str
    person_no: str
    amount: int
    channel: str
    second: int
    insurance: str
    period: str
    area: str
    levy: str


class Till:
    """Books what is paid. Every method runs inside a transaction of the book."""

    def __init__(self, book: TaxBook, faults: FaultPlan) -> None:
        self._book, self._faults = book, faults

    def advance(self, to: date) -> int:
        """Let the payers of all days up to ``to`` pay, and make it the business day; the number of payments."""
        to = max(to, self._book.today)
        booked = 0
        for day, dues in self._book.agenda.until(to.toordinal()):
            booked += self._pay_day(date.fromordinal(day), dues)
        self._book.move_to(to)
        return booked

    def declare(self, content: dict[str, Any]) -> dict[str, Any]:
        """A sponsor's roster: each due that it may pay is paid today."""
        held = self._book.dues([row["reference"] for row in content["rows"]])
        answers, payable = [], []
        for row in content["rows"]:
            due = held.get(row["reference"])
            code = _declaration_fault(row, due, content["sponsor"], self._book.today.isoformat())
            if due is not None and code is None:
                due["state"] = "paid"
                payable.append(_sponsored(due))
            answers.append(
                {
                    "reference": row["reference"],
                    "accepted": code is None,
                    "number": due["number"] if due and code is None else None,
                    "code": code,
                    "text": _TEXTS[code] if code else None,
                }
            )
        self._book_payments(self._book.today, payable)
        return {"acknowledgements": answers}

    def reverse(self, voucher_no: str) -> bool:
        """Undo a payment; false when there is none to undo."""
        connection = self._book.connection
        found = connection.execute(
            "SELECT due, reference, person_no, amount, channel, 61200, insurance, period, area, ''"
            " FROM payment AS booked"
            " WHERE voucher_no = ? AND kind = 'payment'"
            " AND NOT EXISTS (SELECT 1 FROM payment WHERE reverses = booked.voucher_no)",
            (voucher_no,),
        ).fetchone()
        if found is None:
            return False
        due = Payable(*found)
        today = _TaxDay.of(self._book.today)
        self._insert([_line(self._last_sequence() + 1, due, due.amount, today, "reversal", voucher_no)])
        return True

    def page(self, cursor: int, limit: int) -> dict[str, Any]:
        """The payments after a sequence number."""
        rows = self._book.connection.execute(
            f"SELECT {', '.join(_FIELDS)} FROM payment WHERE sequence > ? ORDER BY sequence LIMIT ?",
            (cursor, limit + 1),
        ).fetchall()
        items = [dict(zip(_FIELDS, row, strict=True)) for row in rows[:limit]]
        last = items[-1]["sequence"] if items else cursor
        return {"items": items, "next_cursor": str(last), "more": len(rows) > limit}

    def _pay_day(self, day: date, dues: list[int]) -> int:
        rows = self._book.connection.execute(
            "SELECT id, reference, person_no, amount, channel, second, insurance, period, area,"
            " person_no || '|' || insurance || '|' || period FROM due"
            " WHERE id IN (SELECT value FROM json_each(?)) AND state = 'open' AND deadline >= ?"
            " ORDER BY second, reference",
            (orjson.dumps(dues).decode(), day.isoformat()),
        )
        is_latest = self._book.agenda.is_latest
        return self._book_payments(day, [Payable(*row) for row in rows if is_latest(row[9], row[0])])

    def _book_payments(self, day: date, dues: list[Payable]) -> int:
        lines: list[tuple[Any, ...]] = []
        sequence, on = self._last_sequence(), _TaxDay.of(day)
        for due in dues:
            fault = self._faults.take("pay", _PAYING) if self._faults.faults else None
            amount = due.amount
            if fault is not None and fault.kind == "wrong_amount":
                amount = max(1, amount + fault.delta)
            times = 2 if fault is not None and fault.kind == "double_payment" else 1
            for _ in range(times):
                sequence += 1
                lines.append(_line(sequence, due, amount, on, "payment", None))
            self._book.agenda.settle(due.levy)
        self._insert(lines)
        return len(lines)

    def _insert(self, lines: list[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * 15)
        self._book.connection.executemany(f"INSERT INTO payment VALUES ({marks})", lines)
        for line in lines:
            self._book.receive(line[2], line[5], line[9], line[1])

    def _last_sequence(self) -> int:
        last: int = self._book.connection.execute("SELECT coalesce(max(sequence), 0) FROM payment").fetchone()[0]
        return last


class _TaxDay(NamedTuple):
    """A day as the lines of its payments write it."""

    text: str
    month: str
    received_on: str

    @classmethod
    def of(cls, day: date) -> _TaxDay:
        return cls(day.isoformat(), f"{day:%y%m}", (day + timedelta(days=1)).isoformat())


def _line(sequence: int, due: Payable, amount: int, on: _TaxDay, kind: str, reverses: str | None) -> tuple[Any, ...]:
    """A line of the payment table; the treasury receives the money a day later."""
    number, reference, person_no, _, channel, second, insurance, period, area, _ = due
    minute = second // 60
    return (
        sequence,
        f"3{area}{on.month}{sequence:09d}",
        number,
        reference,
        person_no,
        amount,
        channel,
        f"{on.text}T{minute // 60:02d}:{minute % 60:02d}:{second % 60:02d}+08:00",
        on.received_on,
        kind,
        reverses,
        on.text,
        insurance,
        period,
        area,
    )


def _sponsored(due: Due) -> Payable:
    """A due that a department pays at four in the afternoon."""
    shared = ("insurance", "period", "area", "levy")
    rest = {name: due[name] for name in shared}
    return Payable(due["id"], due["reference"], due["person_no"], due["amount"], "sponsor", 16 * 3600, **rest)


def _declaration_fault(row: dict[str, Any], due: Due | None, sponsor: str, today: str) -> str | None:
    if due is None or due["state"] == "rejected":
        return "unknown_reference"
    if due["state"] != "open":
        return "voided" if due["state"] == "voided" else "already_paid"
    if due["sponsor"] != sponsor or due["person_no"] != row["person_no"]:
        return "not_sponsored"
    if due["amount"] != row["amount"]:
        return "amount_differs"
    return "deadline_passed" if due["deadline"] < today else None
