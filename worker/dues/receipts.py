"""What payments do to dues: how much of each settles, how much is above, what a reversal takes back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from adapters.rows import PaymentRow
from policies.money import Fen
from worker.dues.reference import due_number, due_reference
from worker.ledger import dues as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import Transfer


@dataclass
class OpenDue:
    """A due as it stands while a page of payments is applied to it."""

    id: int
    enrolment_id: int
    person_id: int
    person_no: str
    area: str
    insured_year: int
    insurance: str
    payer: str
    part: int
    amount: Fen
    paid: Fen
    state: str
    paid_on: str | None = None
    touched: bool = False
    reversed: bool = False

    @property
    def reference(self) -> str:
        """What tax must call it by."""
        return due_reference(self.area, self.insured_year, self.id)

    @property
    def collectable(self) -> bool:
        """Whether a payment can settle it; one for a void or refused due is money above what is owed."""
        return self.state not in ("void", "rejected")


VoucherLine = tuple[str, int]
"""Number of a voucher and of a line in it."""


class Split(NamedTuple):
    """What an earlier payment did: to which due (None: money of nobody), how much it settled, how much was above."""

    due_id: int | None
    settles: Fen
    above: Fen


@dataclass(frozen=True)
class Receipt:
    """One payment or reversal applied: ``settles`` fen against the due, ``above`` fen beyond it."""

    payment_id: int
    row: PaymentRow
    due: OpenDue | None
    settles: Fen
    above: Fen
    remark: str | None = None


def apply_payments(
    rows: Sequence[PaymentRow],
    numbers: Sequence[int],
    dues: Mapping[int, OpenDue],
    splits: Mapping[VoucherLine, Split],
) -> list[Receipt]:
    """Apply the rows in order, changing ``dues``; ``splits`` tells what lines did that may be reversed now.

    No reference, one that is not ours, or that names another person, gives a receipt without a due; so does the
    reversal of a line that never paid this due, or that was reversed before.
    """
    earlier = dict(splits)
    receipts = []
    for number, row in zip(numbers, rows, strict=True):
        due, remark = whose(row, dues)
        if row["kind"] == "reversal":
            receipt = _reverse(number, row, due, earlier)
        elif row["kind"] == "refund":  # booked with the refund that was ordered
            receipt = Receipt(number, row, due, 0, 0, "refunded")
        else:
            receipt = _settle(number, row, due) if due else Receipt(number, row, None, 0, row["amount"], remark)
            earlier[row["voucher_no"], row["line"]] = Split(due.id if due else None, receipt.settles, receipt.above)
        receipts.append(receipt)
    return receipts


def whose(row: PaymentRow, dues: Mapping[int, OpenDue]) -> tuple[OpenDue | None, str | None]:
    """The due that a row of the feed is for; else why it is for none: its reference or person is not ours."""
    reference = row["reference"] or ""
    due = dues.get(due_number(reference) or 0)
    if due is None or not reference.startswith(f"{due.area}-{due.insured_year}-"):
        return None, "unknown_reference"
    return (due, None) if due.person_no == row["person_no"] else (None, "person")


def _settle(number: int, row: PaymentRow, due: OpenDue) -> Receipt:
    owed = due.amount - due.paid if due.collectable else 0
    settles = min(row["amount"], owed)
    if settles:
        due.paid += settles
        due.paid_on = row["paid_at"][:10]
        due.state = "paid" if due.paid == due.amount else "part_paid"
        due.touched = True
    above = row["amount"] - settles
    remark = "overpaid" if above else "underpaid" if due.state == "part_paid" else None
    return Receipt(number, row, due, settles, above, remark)


def _reverse(number: int, row: PaymentRow, due: OpenDue | None, earlier: dict[VoucherLine, Split]) -> Receipt:
    undone = (row["reverses"] or "", row["line"])
    split, paid_for = earlier.get(undone), due.id if due else None
    if split is None or split.due_id != paid_for or split.settles + split.above != row["amount"]:
        return Receipt(number, row, None, 0, 0, "reversal_without_payment")
    del earlier[undone]
    settled, above = split.settles, split.above
    if settled and due:
        due.paid -= settled
        due.state = "part_paid" if due.paid else "accepted"
        due.reversed = not due.paid
        due.paid_on = None
        due.touched = True
    return Receipt(number, row, due, settled, above, "reversed")


def transfers(accounts: Accounts, receipts: Iterable[Receipt], insurance: str) -> list[Transfer]:
    """The postings of the receipts; money without a due is kept apart under ``insurance``."""
    posted: list[Transfer] = []
    for receipt in receipts:
        due, reversal = receipt.due, receipt.row["kind"] == "reversal"
        if due is not None:
            move = ledger.reversed_payment if reversal else ledger.paid
            posted += move(
                accounts, receipt.payment_id, due.id, due.insurance, due.payer, receipt.settles, receipt.above
            )
        elif receipt.above:
            apart = ledger.unidentified_reversed if reversal else ledger.unidentified
            posted.append(apart(accounts, receipt.payment_id, insurance, receipt.above))
    return posted
