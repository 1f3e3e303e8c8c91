"""Between which accounts money may move, by the reason of the transfer: what dues, assistance and refunds post.

It is written down a second time on purpose: a check that asked the postings themselves would agree with any mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

RECEIVABLE = "receivable"
"""Stands for ``receivable_person`` or ``receivable_sponsor``, by who pays the due."""


class Pair(NamedTuple):
    """Whose number the transfer's subject is, and the codes of the accounts that it debits and credits."""

    subject: Literal[
        "due", "correction", "payment", "allocation", "assistance", "disbursement", "clawback", "repayment",
        "refund_item", "fund_statement", "fund_settlement", "handoff",
    ]  # fmt: skip
    debit: str
    credit: str


PAIRS: Mapping[str, Pair] = {
    "due.assessed": Pair("due", RECEIVABLE, "premium_levied"),
    "due.withdrawn": Pair("due", "premium_levied", RECEIVABLE),
    "levy.lowered": Pair("correction", "premium_levied", "overpaid"),
    "levy.lowering_undone": Pair("correction", "overpaid", "premium_levied"),
    "payment.settled": Pair("payment", "cleared_at_tax", RECEIVABLE),
    "payment.overpaid": Pair("payment", "cleared_at_tax", "overpaid"),
    "payment.reversed": Pair("payment", RECEIVABLE, "cleared_at_tax"),
    "payment.overpaid_reversed": Pair("payment", "overpaid", "cleared_at_tax"),
    "payment.unidentified": Pair("payment", "cleared_at_tax", "unidentified"),
    "payment.unidentified_reversed": Pair("payment", "unidentified", "cleared_at_tax"),
    "allocation.made": Pair("allocation", "unidentified", RECEIVABLE),
    "allocation.undone": Pair("allocation", RECEIVABLE, "unidentified"),
    "assistance.granted": Pair("assistance", "fund_claim", "payable_person"),
    "assistance.cancelled": Pair("assistance", "payable_person", "fund_claim"),
    "assistance.applied": Pair("assistance", "fund_claim", "premium_assisted"),
    "assistance.unapplied": Pair("assistance", "premium_assisted", "fund_claim"),
    "assistance.ordered": Pair("disbursement", "payable_person", "in_transit_treasury"),
    "assistance.arrived": Pair("disbursement", "in_transit_treasury", "treasury_paid"),
    "assistance.came_back": Pair("disbursement", "in_transit_treasury", "payable_person"),
    "clawback.opened": Pair("clawback", "clawback_receivable", "owed_to_fund"),
    "clawback.repaid": Pair("repayment", "recovered", "clawback_receivable"),
    "refund.approved": Pair("refund_item", "premium_levied", "refund_payable"),
    "refund.overpaid_approved": Pair("refund_item", "overpaid", "refund_payable"),
    "refund.unidentified_approved": Pair("refund_item", "unidentified", "refund_payable"),
    "refund.returned_to_fund": Pair("refund_item", "premium_levied", "owed_to_fund"),
    "refund.stopped": Pair("refund_item", "refund_payable", "premium_levied"),
    "refund.overpaid_stopped": Pair("refund_item", "refund_payable", "overpaid"),
    "refund.unidentified_stopped": Pair("refund_item", "refund_payable", "unidentified"),
    "refund.fund_share_stopped": Pair("refund_item", "owed_to_fund", "premium_levied"),
    "refund.carried_out": Pair("refund_item", "refund_payable", "refunded_at_tax"),
    "refund.ordered": Pair("disbursement", "refund_payable", "refund_in_transit"),
    "refund.arrived": Pair("disbursement", "refund_in_transit", "refunded_by_treasury"),
    "refund.came_back": Pair("disbursement", "refund_in_transit", "refund_payable"),
    "fund.set_off": Pair("fund_statement", "owed_to_fund", "fund_claim"),
    "fund.set_off_undone": Pair("fund_statement", "fund_claim", "owed_to_fund"),
    "fund.settled": Pair("fund_settlement", "funds_received", "fund_claim"),
    "fund.given_back": Pair("fund_settlement", "fund_claim", "funds_received"),
    "handoff.opened": Pair("handoff", "in_transit_area", "cleared_at_tax"),
    "handoff.closed": Pair("handoff", "cleared_at_tax", "in_transit_area"),
}
"""By code; any other code is no reason to move money."""
