"""What happens to assistance, as postings: granted, applied at the levy, cancelled, ordered, arrived, come back."""

from __future__ import annotations

from policies.money import Fen
from worker.ledger.chart import Accounts
from worker.ledger.post import Transfer


def granted(
    accounts: Accounts, assistance_id: int, due_id: int | None, insurance: str, source: str, amount: Fen
) -> Transfer:
    """The fund has to make good what the person is now owed."""
    claim, owed = accounts["fund_claim", insurance, source], accounts["payable_person", insurance, source]
    return Transfer("assistance.granted", assistance_id, claim, owed, amount, due_id)


def cancelled(
    accounts: Accounts, assistance_id: int, due_id: int | None, insurance: str, source: str, amount: Fen
) -> Transfer:
    """The payment that called for it was reversed before anything was ordered: nobody owes it any more."""
    claim, owed = accounts["fund_claim", insurance, source], accounts["payable_person", insurance, source]
    return Transfer("assistance.cancelled", assistance_id, owed, claim, amount, due_id)


def applied(
    accounts: Accounts, assistance_id: int, due_id: int | None, insurance: str, source: str, amount: Fen
) -> Transfer:
    """The levy was netted by it, and is paid: the fund has to make good the premium that was not asked for."""
    claim, stood_in = accounts["fund_claim", insurance, source], accounts["premium_assisted", insurance, source]
    return Transfer("assistance.applied", assistance_id, claim, stood_in, amount, due_id)


def unapplied(
    accounts: Accounts, assistance_id: int, due_id: int | None, insurance: str, source: str, amount: Fen
) -> Transfer:
    """The levy that it netted is not paid any more, or was due in full."""
    claim, stood_in = accounts["fund_claim", insurance, source], accounts["premium_assisted", insurance, source]
    return Transfer("assistance.unapplied", assistance_id, stood_in, claim, amount, due_id)


def ordered(
    accounts: Accounts, order_id: int, due_id: int | None, insurance: str, source: str, amount: Fen
) -> Transfer:
    """An order went to the treasury: the money is under way."""
    owed, transit = accounts["payable_person", insurance, source], accounts["in_transit_treasury", insurance, source]
    return Transfer("assistance.ordered", order_id, owed, transit, amount, due_id)


def arrived(
    accounts: Accounts, order_id: int, due_id: int | None, insurance: str, source: str, amount: Fen
) -> Transfer:
    """The treasury says that it was paid."""
    transit, out = accounts["in_transit_treasury", insurance, source], accounts["treasury_paid", insurance, source]
    return Transfer("assistance.arrived", order_id, transit, out, amount, due_id)


def came_back(
    accounts: Accounts, order_id: int, due_id: int | None, insurance: str, source: str, amount: Fen
) -> Transfer:
    """The treasury refused the order or the bank returned it: the person is owed it again."""
    transit, owed = accounts["in_transit_treasury", insurance, source], accounts["payable_person", insurance, source]
    return Transfer("assistance.came_back", order_id, transit, owed, amount, due_id)
