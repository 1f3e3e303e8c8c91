"""Assistance that goes back to its fund, as postings: asked back from the person, repaid."""

from __future__ import annotations

from policies.money import Fen
from worker.ledger.chart import Accounts
from worker.ledger.post import Transfer


def opened(
    accounts: Accounts, clawback_id: int, due_id: int | None, insurance: str, source: str, amount: Fen
) -> Transfer:
    """The person has to repay what was received; the fund that paid it is to get it back."""
    owing, fund = accounts["clawback_receivable", insurance, source], accounts["owed_to_fund", insurance, source]
    return Transfer("clawback.opened", clawback_id, owing, fund, amount, due_id)


def repaid(
    accounts: Accounts, repayment_id: int, due_id: int | None, insurance: str, source: str, amount: Fen
) -> Transfer:
    """The person repaid it through the channel that had paid it."""
    back, owing = accounts["recovered", insurance, source], accounts["clawback_receivable", insurance, source]
    return Transfer("clawback.repaid", repayment_id, back, owing, amount, due_id)
