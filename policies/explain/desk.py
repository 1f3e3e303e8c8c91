"""From a line of JSON to its explanation, whichever of the four questions it asks."""

from __future__ import annotations

from policies.answering import Desk
from policies.duplicate import DuplicateQuestion
from policies.explain.assessed import explain_assess
from policies.explain.judged import explain_duplicate, explain_refund, explain_revocation
from policies.explain.tree import Explanation
from policies.question import AssessQuestion
from policies.refund import RefundQuestion
from policies.revocation import RevocationQuestion


def explain(desk: Desk, line: bytes) -> Explanation:
    """The explanation of a question. Raises ``NotAQuestion`` with field and sentence."""
    question, notice, local = desk.asked(line)
    match question:
        case AssessQuestion():
            return explain_assess(notice, local, question)
        case RevocationQuestion():
            return explain_revocation(notice, question)
        case RefundQuestion():
            return explain_refund(notice, question)
        case DuplicateQuestion():
            return explain_duplicate(notice, question)
    raise TypeError(f"no explanation is written for a {type(question).__name__}")
