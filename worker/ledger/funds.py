"""What happens between us and a fund, as postings: deducted on a statement, paid by the finance bureau, given back."""

from __future__ import annotations

from policies.money import Fen
from worker.ledger.chart import Accounts
from worker.ledger.post import Transfer


def set_off(accounts: Accounts, statement_id: int, insurance: str, source: str, amount: Fen) -> Transfer:
    """What came back for the fund is deducted from what it is asked for."""
    back, claim = accounts["owed_to_fund", insurance, source], accounts["fund_claim", insurance, source]
    return Transfer("fund.set_off", statement_id, back, claim, amount, None)


def set_off_undone(accounts: Accounts, statement_id: int, insurance: str, source: str, amount: Fen) -> Transfer:
    """The statement on which it was deducted is withdrawn."""
    back, claim = accounts["owed_to_fund", insurance, source], accounts["fund_claim", insurance, source]
    return Transfer("fund.set_off_undone", statement_id, claim, back, amount, None)


def settled(accounts: Accounts, settlement_id: int, insurance: str, source: str, amount: Fen) -> Transfer:
    """The finance bureau paid, in whole or in part, what a statement asks for."""
    received, claim = accounts["funds_received", insurance, source], accounts["fund_claim", insurance, source]
    return Transfer("fund.settled", settlement_id, received, claim, amount, None)


def given_back(accounts: Accounts, settlement_id: int, insurance: str, source: str, amount: Fen) -> Transfer:
    """A statement deducted more than it claimed: so much went back to the fund."""
    received, claim = accounts["funds_received", insurance, source], accounts["fund_claim", insurance, source]
    return Transfer("fund.given_back", settlement_id, claim, received, amount, None)
