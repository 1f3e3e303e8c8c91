"""Where the simulated payers pay: persons, colleges and sponsors; and where a payment is undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import orjson

from adapters.simulators.faults import FaultPlan
from adapters.simulators.tax.book import TaxBook
from adapters.simulators.tax.payers import COLLEGE
from adapters.simulators.tax.refunds import RefundDesk
from adapters.simulators.tax.vouchers import Payable, Vouchers, page

_PAYING = frozenset(("wrong_amount", "double_payment"))
_COLLECTING = frozenset(("collection_short", "collection_over"))
_LARGEST_LIST = 5_000
_TEXTS = {
    "unknown_reference": "No open due is held under this reference.",
    "not_sponsored": "This due is not one that this sponsor pays.",
    "amount_differs": "The declared amount is not the amount due.",
    "already_paid": "This due is paid.",
    "voided": "This due was voided.",
    "deadline_passed": "The deadline of this amount lies before today.",
}
# A college pays for its students, anyone else for a year at once: what is in one purse is paid on one voucher.
_PAYABLE = (
    "SELECT CASE channel WHEN 'college_virtual_account' THEN area || '|' || collector"
    "  ELSE person_no || '|' || period END AS purse,"
    " id, reference, person_no, amount, channel, second, insurance, period, area,"
    " person_no || '|' || insurance || '|' || period FROM due"
    " WHERE id IN (SELECT value FROM json_each(?)) AND state = 'open' AND deadline >= ?"
    " ORDER BY second, purse, person_no, insurance, reference"
)
_TO_REVERSE = (
    "SELECT line, due, reference, person_no, amount, channel, 61200, insurance, period, area, '' FROM payment AS booked"
    " WHERE voucher_no = ? AND line = coalesce(?, line) AND kind = 'payment'"
    " AND NOT EXISTS (SELECT 1 FROM payment WHERE reverses = booked.voucher_no AND line = booked.line)"
    " AND NOT EXISTS (SELECT 1 FROM refund WHERE voucher_no = booked.voucher_no AND line = booked.line) ORDER BY line"
)
_BANKS = (
    "SELECT min(p.voucher_no) FROM payment p WHERE p.kind = 'payment' AND p.tax_date < ?2"
    " AND p.person_no IN (SELECT value FROM json_each(?1)) AND NOT EXISTS"
    "  (SELECT 1 FROM payment r WHERE r.kind = 'reversal' AND r.person_no = p.person_no) GROUP BY p.person_no"
)
Due = dict[str, Any]


class Till:
    """Books what is paid. Every method runs inside a transaction of the book."""

    def __init__(self, book: TaxBook, faults: FaultPlan, refunds: RefundDesk) -> None:
        self._book, self._faults, self._refunds = book, faults, refunds

    def advance(self, to: date) -> int:
        """Let all days up to ``to`` pass, and make it the business day; the number of lines booked."""
        to, today = max(to, self._book.today), self._book.today
        booked = self._pay_until(today)
        if to > today:
            booked += self._refunds.carry_out() + self._pay_until(to)
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
                payable.append([_sponsored(due)])
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

    def reverse(self, voucher_no: str, line: int | None = None, day: date | None = None) -> bool:
        """Undo a line of a voucher, or all, those refunded aside, by one new voucher of a ``day`` (None: today); false:
        there is none to undo.
        """
        found = self._book.connection.execute(_TO_REVERSE, (voucher_no, line)).fetchall()
        if not found:
            return False
        vouchers = Vouchers(self._book, day or self._book.today)
        vouchers.add([Payable(*row[1:]) for row in found], "reversal", voucher_no, lines=[row[0] for row in found])
        vouchers.book()
        return True

    def page(self, cursor: int, limit: int) -> dict[str, Any]:
        """The lines after a sequence number."""
        return page(self._book, cursor, limit)

    def _pay_until(self, to: date) -> int:
        booked, today = 0, self._book.today
        for day in sorted(on for on in self._book.bank_days if today < on <= to):
            booked += self._pay_days(day) + self._take_back(day)
        return booked + self._pay_days(to)

    def _pay_days(self, to: date) -> int:
        days = self._book.agenda.until(to.toordinal())
        return sum(self._pay_day(date.fromordinal(day), dues) for day, dues in days)

    def _take_back(self, day: date) -> int:
        """The banks of a day take back what was paid before it, of each person once."""
        people = orjson.dumps(self._book.bank_days[day]).decode()
        found = self._book.connection.execute(_BANKS, (people, day.isoformat())).fetchall()
        return sum(self.reverse(voucher_no, day=day) for (voucher_no,) in found)

    def _pay_day(self, day: date, dues: list[int]) -> int:
        rows = self._book.connection.execute(_PAYABLE, (orjson.dumps(dues).decode(), day.isoformat()))
        is_latest = self._book.agenda.is_latest
        in_hand = (row for row in rows if is_latest(row[10], row[1]))
        purses = (
            [Payable(*row[1:]) for row in purse] for _, purse in groupby(in_hand, key=lambda row: (row[6], row[0]))
        )
        return self._book_payments(day, list(purses))

    def _book_payments(self, day: date, purses: Sequence[Sequence[Payable]]) -> int:
        vouchers = Vouchers(self._book, day)
        for purse in purses:
            for paid in self._handed_in(purse) if self._faults.faults else (purse,):
                for start in range(0, len(paid), _LARGEST_LIST):
                    vouchers.add(paid[start : start + _LARGEST_LIST])
            for due in purse:
                self._book.agenda.settle(due.levy)
        return vouchers.book()

    def _handed_in(self, purse: Sequence[Payable]) -> Iterator[Sequence[Payable]]:
        """The vouchers that are really paid for a purse, as an ordered fault may have it."""
        collected = purse[0].channel == COLLEGE
        fault = self._faults.take("pay", _COLLECTING if collected else _PAYING)
        first, last = purse[0], purse[-1]
        match fault.kind if fault else None:
            case "wrong_amount" if fault:
                yield [first._replace(amount=max(1, first.amount + fault.delta)), *purse[1:]]
            case "double_payment":
                yield purse
                yield purse
            case "collection_short" if fault:
                yield [*purse[:-1], last._replace(amount=max(1, last.amount - abs(fault.delta)))]
            case "collection_over" if fault:
                nobody = last._replace(id=None, reference=None, person_no=None, amount=abs(fault.delta), levy="")
                yield [*purse, nobody]
            case _:
                yield purse


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
