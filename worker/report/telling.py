"""Events and standings of a case in words, for a clerk to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from policies.money import yuan
from policies.vocabulary import name_en, name_zh
from worker.report.telling_handoffs import handoff_tellers
from worker.report.telling_later import TOLD_LATER
from worker.report.telling_refunds import REASONS, TELLERS

_OUTCOMES = {
    "no_due": "nothing is due 免缴",
    "refer": "to be decided elsewhere",
    "closed": "enrolment is closed",
    "undetermined": "cannot be decided yet: facts are missing",
}
_PAYMENTS = {
    "settled": "paid 到账",
    "overpaid": "paid 到账",
    "underpaid": "paid in part 到账",
    "unknown_reference": "paid for a reference that we do not know",
    "person": "paid for a reference of somebody else",
    "reversed": "taken back by tax 冲正",
    "reversal_without_payment": "taken back by tax, though not paid to us",
    "refunded": "given back by tax 退库",
}
_RETURNS = {
    "no_account": "no bank account is known",
    "cover_suspended": "another cover is drawn on, ours is suspended",
    "cover_held": "assistance of theirs has still to be repaid",
    "cover_refunded": "its levy is being given back",
    "assisted_here": "assisted here as enrolled here",
    "assisted_elsewhere": "assisted by the area of recognition, on a claim",
    "account_missing": "the bank knows no such account",
    "account_closed": "the account is closed",
    "name_mismatch": "the account is in another name",
}


def told(action: str, facts: Mapping[str, Any]) -> tuple[str, str]:
    """What happened, in words, and the references to find it by; an action that is not known here, as it stands."""
    teller = _TELLERS.get(action)
    if teller is None and action.startswith("payment."):
        teller = _payment
    if teller is None:
        return f"{action} {_plain(facts)}".rstrip(), ""
    happened, *references = teller({**facts, "action": action})
    return happened, ", ".join(reference for reference in references if reference)


def now(
    dues: list[dict[str, Any]],
    assistance: list[dict[str, Any]],
    outcome: str | None,
    known_account: bool,
    covers: Sequence[Mapping[str, Any]] = (),
) -> list[str]:
    """How the case stands: a sentence for each cover, each current due and each grant that is not cancelled."""
    sentences = [f"{cover['insured_year']}: {_cover_now(cover)}" for cover in covers]
    sentences += [f"{due['insured_year']}: {_due_now(due)}" for due in dues]
    if not dues:
        sentences.append(_OUTCOMES.get(outcome or "", "no due is open") if outcome != "due" else "no due is open")
    return sentences + [_grant_now(grant, known_account) for grant in assistance]


def _cover_now(cover: Mapping[str, Any]) -> str:
    dated = (
        f"covered {cover['benefit_start']} to {cover['benefit_end']}" if cover["benefit_start"] else "no cover dated"
    )
    said = dated if cover["paid"] else "no cover until it is paid"
    if cover["suspended_on"]:
        said += f", suspended 暂停 since {cover['suspended_on']}: another cover is drawn on, `levy duplicates list`"
    if cover["held_from"]:
        said += f", held 暂停待遇 from {cover['held_from']} until assistance is repaid: `levy clawback list`"
    if cover["closed_because"]:
        said += f"; closed, nothing is asked any more: {REASONS.get(cover['closed_because'], cover['closed_because'])}"
    return said


def _due_now(due: Mapping[str, Any]) -> str:
    amount, payer = f"{yuan(due['amount'])} yuan", _who(due["payer"])
    match due["state"]:
        case "paid":
            back = f", {yuan(due['lowered'])} of it owed back" if due["lowered"] else ""
            return f"{amount} paid by {payer} on {due['paid_on']}{back}"
        case "part_paid":
            return f"{yuan(due['paid'])} of {amount} paid; the rest is due by {due['deadline']}"
        case "refunded":
            return f"{amount} paid by {payer} on {due['paid_on']} and given back"
        case "rejected":
            return f"{amount} rejected by tax, {due['reject_code']}"
        case "void" | "voiding":
            return f"{amount} was not paid in time and is withdrawn"
        case "accepted" if due["payer"] != "person" and due["reject_code"]:
            return f"{amount} refused by {payer}, {due['reject_code']}: `levy held sponsors`"
        case "accepted":
            return f"{amount} unpaid, waits for {payer}, by {due['deadline']}"
        case _:
            return f"{amount} assessed, not yet accepted by tax"


def _grant_now(grant: Mapping[str, Any], known_account: bool) -> str:
    money = f"assistance of {yuan(grant['amount'])} yuan ({_named(grant['category'])})"
    match grant["state"]:
        case "held" if grant["held_because"] == "cover_refunded":
            return f"{money} held, {_RETURNS['cover_refunded']}; it is ordered only if that is stopped"
        case "held" if grant["held_because"] in ("cover_suspended", "cover_held"):
            return f"{money} held, {_RETURNS[grant['held_because']]}; it is ordered when the cover runs again"
        case "held":
            cure = "a corrected account pays it" if known_account else "an account, taken in, pays it"
            return f"{money} held, {grant['held_because']}; {cure}"
        case "applied":
            return f"{money} netted at the levy"
        case _ if grant["asked_back"]:
            return f"{money} paid out and asked back: `levy clawback list --all`"
        case "paid" | "ordered" if not grant["due_paid"]:
            return f"{money} to be reclaimed, its payment was reversed: `levy held reclaim`"
        case "paid":
            return f"{money} paid out"
        case "ordered":
            return f"{money} ordered, the bank has not answered yet"
        case _:
            return f"{money} granted, to be ordered"


def _assessed(facts: Mapping[str, Any]) -> tuple[str, ...]:
    dues = [f"{yuan(due['amount'])} yuan due from {_who(due['payer'])}" for due in facts["dues"]]
    if dues and facts.get("until"):
        dues[-1] += f", by {facts['until']}"
    unchanged = "what is due stays as it is" if facts["outcome"] == "due" else facts["outcome"]
    said = "; ".join(dues) or _OUTCOMES.get(facts["outcome"], unchanged)
    references = [f"reference {due['reference']}" for due in facts["dues"]]
    return f"assessed 核定: {said}", *references, f"decision {facts['decision']}"


def _payment(facts: Mapping[str, Any]) -> tuple[str, ...]:
    kind = facts["action"].removeprefix("payment.")
    said = f"{yuan(facts['amount'])} yuan {_PAYMENTS.get(kind, kind)}"
    if facts.get("channel"):
        said += f" by {facts['channel'].replace('_', ' ')}"
    if facts.get("paid_at"):
        said += f" on {datetime.fromisoformat(facts['paid_at']):%Y-%m-%d %H:%M}"
    if facts.get("above"):
        said += f"; {yuan(facts['above'])} yuan of it above what was due"
    return said, _ref(facts, "due"), _ref(facts, "voucher")


def _allocation(facts: Mapping[str, Any], said: str) -> tuple[str, ...]:
    money = f"{yuan(facts['amount'])} yuan {said}"
    return f"{money} {facts.get('paid_on') or ''}".rstrip(), _ref(facts, "due"), _ref(facts, "voucher")


def _tax(said: str) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    def tell(facts: Mapping[str, Any]) -> tuple[str, ...]:
        code = f", {facts['code']}" if facts.get("code") else ""
        return f"{yuan(facts['amount'])} yuan {said}{code}", _ref(facts, "due"), _ref(facts, "tax_no", "tax number")

    return tell


def _assistance(said: str) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    def tell(facts: Mapping[str, Any]) -> tuple[str, ...]:
        money = f" of {yuan(facts['amount'])} yuan" if facts.get("amount") is not None else ""
        whom = f" ({_named(facts['category'])}, from {_named(facts['source'])})" if facts.get("category") else ""
        code = facts.get("code") or facts.get("because")
        why = f": {_RETURNS.get(code, 'see the code')} ({code})" if code else ""
        return (
            f"assistance{money} {said}{whom}{why}",
            _ref(facts, "assistance"),
            _ref(facts, "order"),
            _ref(facts, "rule"),
        )

    return tell


def _sponsor(said: str) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    def tell(facts: Mapping[str, Any]) -> tuple[str, ...]:
        money = f"{yuan(facts['amount'])} yuan " if facts.get("amount") is not None else ""
        why = f": {facts.get('code') or facts.get('reason')}" if facts.get("code") or facts.get("reason") else ""
        return f"{money}{said} {_who(facts['source'])}{why}", _ref(facts, "due")

    return tell


def _confirmed(facts: Mapping[str, Any]) -> tuple[str, ...]:
    return f"assessed again; what was paid on {facts['paid_on']} stays right", f"decision {facts['decision']}"


def _flag(facts: Mapping[str, Any]) -> tuple[str, ...]:
    said = f"identity changed: {_named(facts['category'])}, recognised on {facts['recognised_on']} in {facts['area']}"
    after = (facts.get("revoked_on") or {}).get("after")
    return (f"{said}, revoked on {after}" if after else f"{said}, not revoked",)


def _application(facts: Mapping[str, Any]) -> tuple[str, ...]:
    said = f"applied 申请 for assistance of {facts['insured_year']} ({_named(facts['category'])})"
    return (f"{said}, on {facts['applied_on']} in {facts['area']}",)


def _enrolment(facts: Mapping[str, Any]) -> tuple[str, ...]:
    changes = (
        f"{name.replace('_', ' ')} {_word(facts['before'][name])} is now {_word(value)}"
        for name, value in facts["after"].items()
    )
    return (f"enrolment of {facts['insured_year']} changed: {'; '.join(changes)}",)


_TELLERS: dict[str, Callable[[Mapping[str, Any]], tuple[str, ...]]] = {
    "levy.assessed": _assessed,
    "levy.confirmed": _confirmed,
    "allocation.made": lambda facts: _allocation(facts, "of nobody found to be for this due 认领, paid on"),
    "allocation.undone": lambda facts: _allocation(
        facts, "taken back by tax after it had been found to be for this due"
    ),
    "due.accepted": _tax("accepted by tax 税务受理"),
    "due.rejected": _tax("rejected by tax 税务退回"),
    "due.closed_at_tax": _tax("closed at tax 税务销账, it is paid already; nothing can be paid there any more"),
    "due.void": _tax("withdrawn, it ran out unpaid 作废"),
    "sponsor.declared": _sponsor("declared 代缴申报 to"),
    "sponsor.refused": _sponsor("refused by"),
    "sponsor.released": _sponsor("to be declared again to"),
    "assistance.granted": _assistance("granted 资助"),
    "assistance.held": _assistance("held 待更正"),
    "assistance.refused": _assistance("refused by the treasury"),
    "assistance.returned": _assistance("returned by the bank 退回"),
    "assistance.paid": _assistance("paid out 已发放"),
    "assistance.cancelled": _assistance("cancelled"),
    "assistance.withheld": _assistance("not granted, another area assists on a claim 已由认定地资助"),
    "assistance.to_reclaim": _assistance("to be reclaimed, its payment was reversed"),
    **TELLERS,
    "case.read": lambda facts: (
        f"read 查阅 as {facts['form']}" + (f", in clear: {facts['reason']}" if facts.get("revealed") else ", masked"),
    ),
    "account.changed": lambda _: ("another bank account was given",),
    "flag.changed": _flag,
    "application.received": _application,
    "enrolment.changed": _enrolment,
    **handoff_tellers(),
    **TOLD_LATER,
}


def _ref(facts: Mapping[str, Any], name: str, called: str | None = None) -> str:
    return f"{called or name} {facts[name]}" if facts.get(name) else ""


def _who(payer: str) -> str:
    return "the person" if payer == "person" else _named(payer)


def _named(word: str) -> str:
    return word if name_zh(word) == word else f"{name_zh(word)} {name_en(word)}"


def _word(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def _plain(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_word(value)}" for name, value in facts.items() if value is not None)
