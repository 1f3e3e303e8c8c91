"""Why a premium is given back, what decides that, and who carries it out."""

from __future__ import annotations

from typing import Any, Final

from policies.money import Fen
from worker.database.refunds import REFUND_REASONS

OWED_ANYWAY: Final = ("overpaid", "wrong_tier")
"""No questions of the policy engine: money above what was due, or asked for by a wrong tier, is owed back anyway."""
_WRONG_COLLECTIONS: Final = ("duplicate_payment", "overpaid", "wrong_tier", "wrong_area")
ASKED_FOR: Final = tuple(reason for reason in REFUND_REASONS if reason not in ("overpaid", "wrong_area"))
"""What may be applied for: a refund of what is overpaid opens by itself, one of a wrong area with its handoff."""
ENDS_BEFORE: Final = ("joined_employee_scheme", "enrolled_elsewhere", "enrolled_as_student", "duplicate_payment")
"""Reasons whose event is the first day of another cover; the day of the others is the last of ours."""
PAID_CLOSED: Final = "paid after the enrolment was closed"
"""The remark of a case that opened by itself for such a payment: it brings no cover, so none of it ever begins."""
_WHY: Final = {
    "overpaid": "多缴部分应退还缴费人 / what was paid above what was due is owed back",
    "wrong_tier": "档次错误：先退费，再经特殊缴费渠道重新征收"
    " / the wrong tier was asked for: refunded, then collected again through the special channel",
}


def route_of(reason: str, source: str = "") -> str:
    """Who carries a share out: a wrong collection starts at tax, a policy-caused one at the treasury; a fund's share
    is settled with the fund.
    """
    if source:
        return "fund"
    return "tax" if reason in _WRONG_COLLECTIONS else "treasury"


def owed_back(reason: str, amount: Fen) -> dict[str, Any]:
    """The decision of a refund that is owed whatever the notice says, in the shape of the engine's answers."""
    return {
        "outcome": "refund",
        "reason": None,
        "refund": [{"to": "person", "amount": amount}],
        "ends_cover": reason == "wrong_tier",
        "handoff": False,
        "missing": [],
        "clauses": [],
        "why": [_WHY[reason]],
    }
