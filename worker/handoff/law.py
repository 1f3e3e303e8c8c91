"""What the notice says of a premium paid in the wrong area."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from policies.load import load_notice
from policies.refund import RefundQuestion, decide_refund
from worker.house import House

_BENEFIT = text("SELECT benefit_start AS starts_on, benefit_end AS ends_on FROM enrolment WHERE id = :enrolment")
_ASSISTED = text(
    "SELECT source, sum(amount)::bigint AS amount FROM assistance WHERE due_id = :due AND state IN ('ordered', 'paid')"
    " GROUP BY source ORDER BY source"
)


def decide_wrong_area(
    connection: Connection, house: House, due_id: int, enrolment_id: int, to: str, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """The engine's answer on refunding the payment that ``facts`` (those of the step ``proposed``) describe."""
    benefit = connection.execute(_BENEFIT, {"enrolment": enrolment_id}).one()
    assisted = connection.execute(_ASSISTED, {"due": due_id}).all()
    question = RefundQuestion.model_validate(
        {
            "question": "refund",
            "notice": house.law.notice,
            "pooling_area": house.law.area,
            "reason": "wrong_area",
            "applied_on": facts["applied_on"],
            "paid_on": facts["paid_on"],
            "paid": facts["amount"],
            "insurance": facts["insurance"],
            "benefits_used": facts["benefits_used"],
            "own_fault": facts["own_fault"],
            "intended_area": to,
            "assistance_received": [{"source": row.source, "amount": row.amount} for row in assisted],
            "benefit": None
            if benefit.starts_on is None
            else {"starts_on": benefit.starts_on.isoformat(), "ends_on": benefit.ends_on.isoformat()},
        }
    )
    return decide_refund(load_notice(house.law.notice), question).answer()
