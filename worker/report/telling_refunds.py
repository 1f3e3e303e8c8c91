"""Events of refunds and duplicate enrolments in words, for a clerk to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from policies.money import yuan
from policies.vocabulary import name_en, name_zh

Teller = Callable[[Mapping[str, Any]], tuple[str, ...]]

REASONS: Mapping[str, str] = {
    "duplicate_payment": "paid twice 重复缴费",
    "joined_employee_scheme": "joined the employee scheme 参加职工医保",
    "enrolled_elsewhere": "enrolled elsewhere 异地参保",
    "enrolled_as_student": "enrolled as a student 以学生身份参保",
    "death": "death 死亡",
    "wrong_area": "paid in the wrong area 错缴异地",
    "conscription": "conscription 应征入伍",
    "imprisonment": "imprisonment 服刑",
    "overpaid": "paid above what was due 多缴",
    "wrong_tier": "asked for by a wrong tier 档次错误",
}
_ENROLMENTS = {"keep": "ours is kept 保留", "terminate": "ours is terminated 终止", "suspend": "ours is suspended 暂停"}


def _case(facts: Mapping[str, Any]) -> str:
    return f"case {facts['case']}" if facts.get("case") else f"refund {facts['refund']}" if facts.get("refund") else ""


def _money(facts: Mapping[str, Any]) -> str:
    return f" of {yuan(facts['amount'])} yuan" if facts.get("amount") is not None else ""


def _why(facts: Mapping[str, Any]) -> str:
    code = facts.get("code") or facts.get("because")
    return f": {REASONS.get(str(code), code)}" if code else ""


def _applied(facts: Mapping[str, Any]) -> tuple[str, ...]:
    reason = REASONS.get(facts["reason"], facts["reason"])
    return f"refund{_money(facts)} asked for 退费申请 by {facts['by']}: {reason}", _case(facts)


def _decided(facts: Mapping[str, Any]) -> tuple[str, ...]:
    match facts["outcome"]:
        case "refund":
            parts = ", ".join(f"{yuan(one['amount'])} yuan to {_to(one['to'])}" for one in facts["refund"])
            said = f"by the notice it is given back: {parts}"
        case "no_refund":
            said = "by the notice nothing is given back 不予退费"
        case _:
            said = f"cannot be decided yet, missing: {', '.join(facts['missing'])}"
    clauses = f"clauses {', '.join(facts['clauses'])}" if facts["clauses"] else ""
    return f"refund: {said}", _case(facts), clauses


def _to(recipient: str) -> str:
    return "the person" if recipient == "person" else f"{name_zh(recipient)} {name_en(recipient)}"


def _refund(said: str) -> Teller:
    def tell(facts: Mapping[str, Any]) -> tuple[str, ...]:
        by = f" by {facts['by']}" if facts.get("by") else ""
        return f"refund{_money(facts)} {said}{by}{_why(facts)}", _case(facts)

    return tell


def _found(facts: Mapping[str, Any]) -> tuple[str, ...]:
    beside = f"beside {facts['scheme']} cover" + (f" since {facts['since']}" if facts.get("since") else "")
    return f"enrolled twice 重复参保: {beside}, found by {facts['by'].replace('_', ' ')}", _case(facts)


def _ruled(facts: Mapping[str, Any]) -> tuple[str, ...]:
    outcome = _ENROLMENTS.get(facts["outcome"] or "", f"undecided, missing: {', '.join(facts.get('missing') or ())}")
    by = f" by {facts['by']}{_why(facts)}" if facts.get("by") else ""
    return f"enrolled twice 重复参保: {outcome}{by}", _case(facts)


def _ended(facts: Mapping[str, Any]) -> tuple[str, ...]:
    after = facts["after"]
    said = f"cover ends on {after['ends_on']}" if after["ends_on"] else "cover never began"
    return f"{said}{_why(facts)}", _case(facts)


TELLERS: Mapping[str, Teller] = {
    "refund.applied": _applied,
    "refund.decided": _decided,
    "refund.approved": _refund("approved 复核通过"),
    "refund.rejected": _refund("rejected by the second review 复核退回"),
    "refund.withdrawn": _refund("withdrawn, the payment was reversed"),
    "refund.stopped": _refund("stopped 停止退费 before it had left: tax took the payment back 核销"),
    "refund.reversal_held": _refund(
        "given back by tax as well 核销, after its order had left: nothing more of it is ordered; `levy held refunds`"
    ),
    "refund.held": _refund("held 待更正"),
    "refund.refused": _refund("refused by the treasury"),
    "refund.refused_by_tax": _refund("refused by tax"),
    "refund.returned": _refund("returned by the bank 退回"),
    "refund.released": _refund("let go again"),
    "refund.paid": _refund("paid out 已退"),
    "refund.carried_out": _refund("carried out by tax 已退库"),
    "refund.completed": _refund("completed 退费完成"),
    "duplicate.found": _found,
    "duplicate.decided": _ruled,
    "duplicate.ruled": _ruled,
    "duplicate.ruling_asked": lambda facts: (
        f"enrolled twice 重复参保: {facts['by']} asks that ours is {facts['outcome']}: {facts['because']};"
        " another person reviews it",
        _case(facts),
    ),
    "duplicate.ruling_rejected": lambda facts: (
        f"enrolled twice 重复参保: {facts['reviewed_by']} does not agree that ours is {facts['outcome']}:"
        f" {facts['reviewed_because']}",
        _case(facts),
    ),
    "duplicate.undo_asked": lambda facts: (
        f"enrolled twice 重复参保: {facts['by']} asks that ours counts after all: {facts['because']}",
        _case(facts),
    ),
    "duplicate.undo_rejected": lambda facts: (
        f"enrolled twice 重复参保: it stays as it was decided, says {facts['by']}: {facts['because']}",
        _case(facts),
    ),
    "duplicate.undone": lambda facts: (
        f"enrolled twice 重复参保: ours counts after all 撤销, reviewed by {facts['by']}: {facts['because']}",
        _case(facts),
    ),
    "enrolment.opened": lambda facts: ("enrolment open again 恢复, assessed next", _case(facts)),
    "cover.resumed": lambda facts: ("cover runs again 恢复待遇", _case(facts)),
    "cover.ended": _ended,
    "cover.suspended": lambda facts: (f"cover held 暂停 since {facts['since']}, another one is drawn on", _case(facts)),
    "enrolment.closed": lambda facts: (f"enrolment closed, nothing is asked any more{_why(facts)}", ""),
}
"""By action; what is not here is told by ``worker.report.telling``."""
