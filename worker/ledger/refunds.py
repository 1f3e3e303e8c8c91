"""What happens to refunds, as postings: approved, given back to a fund, stopped, ordered, arrived, come back, done.

The functions of an order have the shape of those in ``worker.ledger.assistance``: a pay-out is one or the other.
"""

from __future__ import annotations

from policies.money import Fen
from worker.ledger.chart import Accounts
from worker.ledger.post import Transfer

_APPROVED = {
    "premium_levied": "refund.approved",
    "overpaid": "refund.overpaid_approved",
    "unidentified": "refund.unidentified_approved",
}
"""The code of the transfer by the account where the money stood."""
_STOPPED = {
    "premium_levied": "refund.stopped",
    "overpaid": "refund.overpaid_stopped",
    "unidentified": "refund.unidentified_stopped",
}


def approved(
    accounts: Accounts, item_id: int, due_id: int | None, insurance: str, source: str, amount: Fen, stood: str
) -> Transfer:
    """A second review approved it: the person is owed the money, or (``source``) the fund has it back at once."""
    origin = accounts[stood, insurance, ""]
    if source:
        back = accounts["owed_to_fund", insurance, source]
        return Transfer("refund.returned_to_fund", item_id, origin, back, amount, due_id)
    return Transfer(_APPROVED[stood], item_id, origin, accounts["refund_payable", insurance, ""], amount, due_id)


def stopped(
    accounts: Accounts, item_id: int, due_id: int | None, insurance: str, source: str, amount: Fen, stood: str
) -> Transfer:
    """Tax took the payment back before the money had left: the approval is undone."""
    origin = accounts[stood, insurance, ""]
    if source:
        back = accounts["owed_to_fund", insurance, source]
        return Transfer("refund.fund_share_stopped", item_id, back, origin, amount, due_id)
    return Transfer(_STOPPED[stood], item_id, accounts["refund_payable", insurance, ""], origin, amount, due_id)


def carried_out(accounts: Accounts, item_id: int, due_id: int | None, insurance: str, amount: Fen) -> Transfer:
    """Tax says that it gave the money back."""
    owed, done = accounts["refund_payable", insurance, ""], accounts["refunded_at_tax", insurance, ""]
    return Transfer("refund.carried_out", item_id, owed, done, amount, due_id)


def ordered(
    accounts: Accounts, order_id: int, due_id: int | None, insurance: str, _source: str, amount: Fen
) -> Transfer:
    """An order went to the treasury: the money is under way."""
    owed, transit = accounts["refund_payable", insurance, ""], accounts["refund_in_transit", insurance, ""]
    return Transfer("refund.ordered", order_id, owed, transit, amount, due_id)


def arrived(
    accounts: Accounts, order_id: int, due_id: int | None, insurance: str, _source: str, amount: Fen
) -> Transfer:
    """The treasury says that it was paid."""
    transit, done = accounts["refund_in_transit", insurance, ""], accounts["refunded_by_treasury", insurance, ""]
    return Transfer("refund.arrived", order_id, transit, done, amount, due_id)


def came_back(
    accounts: Accounts, order_id: int, due_id: int | None, insurance: str, _source: str, amount: Fen
) -> Transfer:
    """The treasury refused the order or the bank returned it: the person is owed it again."""
    transit, owed = accounts["refund_in_transit", insurance, ""], accounts["refund_payable", insurance, ""]
    return Transfer("refund.came_back", order_id, transit, owed, amount, due_id)
