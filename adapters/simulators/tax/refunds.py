"""Refunds at the tax office (退库): ordered against lines of vouchers, carried out on the next business day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson

from adapters.simulators.tax.book import TaxBook
from adapters.simulators.tax.vouchers import Payable, Vouchers

_TEXTS = {
    "duplicate_reference": "This refund was ordered before.",
    "unknown_voucher": "No payment is held under this voucher and line with this due.",
    "already_refunded": "Nothing is left of this payment.",
    "amount_exceeds": "Less than this is left of this payment.",
}
_LEFT = (
    "SELECT reference, amount - coalesce((SELECT sum(amount) FROM refund WHERE refund.voucher_no = paid.voucher_no"
    " AND refund.line = paid.line), 0), EXISTS (SELECT 1 FROM payment AS undone WHERE undone.kind = 'reversal'"
    " AND undone.reverses = paid.voucher_no AND undone.line = paid.line) FROM payment AS paid"
    " WHERE voucher_no = ? AND line = ? AND kind = 'payment'"
)
_WAITING = (
    "SELECT refund.id, refund.reference, paid.voucher_no, paid.line, due, paid.reference, person_no, refund.amount,"
    " channel, 36000, insurance, period, area, '' FROM refund JOIN payment AS paid"
    " ON paid.voucher_no = refund.voucher_no AND paid.line = refund.line AND kind = 'payment'"
    " WHERE voucher IS NULL ORDER BY refund.id"
)


class RefundDesk:
    """Takes in orders and carries them out. Every method runs inside a transaction of the book."""

    def __init__(self, book: TaxBook) -> None:
        self._book = book

    def order(self, content: dict[str, Any]) -> dict[str, Any]:
        """Take in a batch of refunds, row by row."""
        ask, today = self._book.connection.execute, self._book.today.isoformat()
        references = orjson.dumps([row["reference"] for row in content["rows"]]).decode()
        taken = {row[0] for row in ask(_TAKEN, (references,))}
        last: int = ask("SELECT coalesce(max(id), 0) FROM refund").fetchone()[0]
        answers = []
        for row in content["rows"]:
            code, number = "duplicate_reference" if row["reference"] in taken else self._fault(row), None
            if code is None:
                taken.add(row["reference"])
                last += 1
                number = f"R{last:012d}"
                values = (row["reference"], content["batch"], row["voucher_no"], row["line"], row["amount"])
                ask("INSERT INTO refund VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)", (last, *values, number, today))
            answers.append(_answer(row["reference"], number, code))
        return {"acknowledgements": answers}

    def carry_out(self) -> int:
        """Carry out on the next day what was ordered up to today; how many."""
        waiting = self._book.connection.execute(_WAITING).fetchall()
        if not waiting:
            return 0
        vouchers, done = Vouchers(self._book, self._book.today + timedelta(days=1)), []
        for refund, reference, voucher_no, line, *given in waiting:
            number = vouchers.add([Payable(*given)], "refund", voucher_no, reference, [line])
            done.append((number, refund))
        self._book.connection.executemany("UPDATE refund SET voucher = ? WHERE id = ?", done)
        return vouchers.book()

    def _fault(self, row: dict[str, Any]) -> str | None:
        paid = self._book.connection.execute(_LEFT, (row["voucher_no"], row["line"])).fetchone()
        if paid is None or paid[0] != row["due_reference"]:
            return "unknown_voucher"
        if paid[2] or paid[1] <= 0:
            return "already_refunded"
        return "amount_exceeds" if row["amount"] > paid[1] else None


_TAKEN = "SELECT reference FROM refund WHERE reference IN (SELECT value FROM json_each(?))"


def _answer(reference: str, number: str | None, code: str | None) -> dict[str, Any]:
    text = _TEXTS[code] if code else None
    return {"reference": reference, "accepted": code is None, "number": number, "code": code, "text": text}
