"""What happens to dues, as postings: assessed, withdrawn, paid, paid too much, undone."""

from __future__ import annotations

from policies.money import Fen
from worker.ledger.chart import Accounts
from worker.ledger.post import Transfer


def receivable(accounts: Accounts, insurance: str, payer: str) -> int:
    """The account of what this payer (``person`` or a funding source) owes for the insurance."""
    if payer == "person":
        return accounts["receivable_person", insurance, ""]
    return accounts["receivable_sponsor", insurance, payer]


def assessed(accounts: Accounts, due_id: int, insurance: str, payer: str, amount: Fen) -> Transfer:
    """A due comes into being: the payer owes, the premium is levied."""
    levied = accounts["premium_levied", insurance, ""]
    return Transfer("due.assessed", due_id, receivable(accounts, insurance, payer), levied, amount, due_id)


def withdrawn(accounts: Accounts, due_id: int, insurance: str, payer: str, amount: Fen) -> Transfer:
    """A due is void or was refused by tax: the levy is undone by a transfer the other way."""
    levied = accounts["premium_levied", insurance, ""]
    return Transfer("due.withdrawn", due_id, levied, receivable(accounts, insurance, payer), amount, due_id)


def lowered(accounts: Accounts, correction_id: int, due_id: int, insurance: str, amount: Fen) -> Transfer:
    """Less was due than was paid: so much of the levy is undone, and owed back to the payer."""
    levied, over = accounts["premium_levied", insurance, ""], accounts["overpaid", insurance, ""]
    return Transfer("levy.lowered", correction_id, levied, over, amount, due_id)


def lowering_undone(accounts: Accounts, correction_id: int, due_id: int, insurance: str, amount: Fen) -> Transfer:
    """The payment was reversed: what was owed back of it is not any more."""
    levied, over = accounts["premium_levied", insurance, ""], accounts["overpaid", insurance, ""]
    return Transfer("levy.lowering_undone", correction_id, over, levied, amount, due_id)


def paid(
    accounts: Accounts, payment_id: int, due_id: int, insurance: str, payer: str, settles: Fen, above: Fen
) -> list[Transfer]:
    """Tax received a payment: ``settles`` of it clears the due, what is ``above`` is owed back."""
    cleared = accounts["cleared_at_tax", insurance, ""]
    transfers = []
    if settles:
        owed = receivable(accounts, insurance, payer)
        transfers.append(Transfer("payment.settled", payment_id, cleared, owed, settles, due_id))
    if above:
        over = accounts["overpaid", insurance, ""]
        transfers.append(Transfer("payment.overpaid", payment_id, cleared, over, above, due_id))
    return transfers


def reversed_payment(
    accounts: Accounts, payment_id: int, due_id: int, insurance: str, payer: str, settled: Fen, above: Fen
) -> list[Transfer]:
    """Tax reversed a payment: what it had settled is owed again, what was above is no longer owed back."""
    cleared = accounts["cleared_at_tax", insurance, ""]
    transfers = []
    if settled:
        owed = receivable(accounts, insurance, payer)
        transfers.append(Transfer("payment.reversed", payment_id, owed, cleared, settled, due_id))
    if above:
        over = accounts["overpaid", insurance, ""]
        transfers.append(Transfer("payment.overpaid_reversed", payment_id, over, cleared, above, due_id))
    return transfers


def unidentified_reversed(accounts: Accounts, payment_id: int, insurance: str, amount: Fen) -> Transfer:
    """Tax reversed money that had been kept apart."""
    cleared, kept = accounts["cleared_at_tax", insurance, ""], accounts["unidentified", insurance, ""]
    return Transfer("payment.unidentified_reversed", payment_id, kept, cleared, amount, None)


def unidentified(accounts: Accounts, payment_id: int, insurance: str, amount: Fen) -> Transfer:
    """Money came under a reference that is not ours: it is kept apart until someone finds whose it is."""
    cleared = accounts["cleared_at_tax", insurance, ""]
    kept = accounts["unidentified", insurance, ""]
    return Transfer("payment.unidentified", payment_id, cleared, kept, amount, None)


def allocated(accounts: Accounts, allocation_id: int, due_id: int, insurance: str, payer: str, amount: Fen) -> Transfer:
    """Money that was kept apart turns out to pay this due."""
    kept, owed = accounts["unidentified", insurance, ""], receivable(accounts, insurance, payer)
    return Transfer("allocation.made", allocation_id, kept, owed, amount, due_id)


def unallocated(
    accounts: Accounts, allocation_id: int, due_id: int, insurance: str, payer: str, amount: Fen
) -> Transfer:
    """The payment out of which this due was paid was reversed: it is owed again."""
    kept, owed = accounts["unidentified", insurance, ""], receivable(accounts, insurance, payer)
    return Transfer("allocation.undone", allocation_id, owed, kept, amount, due_id)
