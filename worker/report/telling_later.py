"""What came to be known later, in words: surplus and supplement, identities that ended, cover held and released."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from policies.money import yuan
from policies.vocabulary import name_en, name_zh

Facts = Mapping[str, Any]


def _supplemented(facts: Facts) -> tuple[str, ...]:
    said = "; ".join(f"{yuan(due['amount'])} yuan more are due 补收" for due in facts["dues"])
    return said, *(f"reference {due['reference']}" for due in facts["dues"]), f"decision {facts['decision']}"


def _lowered(facts: Facts) -> tuple[str, ...]:
    said = f"{yuan(facts['amount'])} yuan less were due than were paid 多缴: they are owed back"
    return said, f"due {facts['due']}", f"decision {facts['decision']}"


def _lowering_undone(facts: Facts) -> tuple[str, ...]:
    return f"{yuan(facts['amount'])} yuan are not owed back any more: tax reversed the payment", f"due {facts['due']}"


def _short(facts: Facts) -> tuple[str, ...]:
    said = f"{yuan(facts['missing'])} yuan more were due, and no payment is accepted now: `levy held short`"
    return said, f"decision {facts['decision']}"


def _tier(facts: Facts) -> tuple[str, ...]:
    said = (
        f"the standard is {yuan(facts['standard'])} yuan by what is known now, {yuan(facts['asked'])} yuan was asked"
        " 档次不符: `levy held tiers`"
    )
    return said, f"decision {facts['decision']}"


def _ruling(facts: Facts) -> tuple[str, ...]:
    category = f"{name_zh(facts['category'])} {name_en(facts['category'])}"
    return (f"{category} ended on {facts['revoked_on']}; the notice does not say what becomes of its assistance",)


def _clawback(facts: Facts) -> tuple[str, ...]:
    held = ", cover is held until then 暂停待遇" if facts["cover_held"] else ""
    why = (
        f"say {facts['by']}, {facts['because']}, and {facts['reviewed_by']}"
        if "because" in facts
        else "the identity had ended"
    )
    said = f"{yuan(facts['amount'])} yuan of assistance are to be repaid 追回, {why}{held}"
    return said, f"clawback {facts['clawback']}", f"assistance {facts['assistance']}"


def _asked_back(facts: Facts) -> tuple[str, ...]:
    said = f"{yuan(facts['amount'])} yuan of assistance: {facts['by']} asks them back, {facts['because']};"
    said += (
        f" {facts['reviewed_by']} does not agree: {facts['reviewed_because']}"
        if "reviewed_by" in facts
        else " another person reviews it"
    )
    return said, f"assistance {facts['assistance']}"


def _repaid(facts: Facts) -> tuple[str, ...]:
    rest = f", {yuan(facts['left'])} yuan are left" if facts["left"] else ", nothing is left"
    return f"{yuan(facts['amount'])} yuan repaid{rest}", f"clawback {facts['clawback']}"


def _applied(facts: Facts) -> tuple[str, ...]:
    whom = f"{name_zh(facts['category'])} {name_en(facts['category'])}, from {name_en(facts['source'])}"
    said = f"{yuan(facts['amount'])} yuan of assistance stood in for premium at the levy 抵缴 ({whom})"
    return said, f"assistance {facts['assistance']}", f"rule {facts['rule']}"


TOLD_LATER: Mapping[str, Callable[[Facts], tuple[str, ...]]] = {
    "levy.supplemented": _supplemented,
    "levy.lowered": _lowered,
    "levy.lowering_undone": _lowering_undone,
    "levy.short": _short,
    "levy.tier_differs": _tier,
    "revocation.undetermined": _ruling,
    "clawback.asked": _asked_back,
    "clawback.rejected": _asked_back,
    "clawback.opened": _clawback,
    "clawback.repaid": _repaid,
    "cover.released": lambda facts: ("all is repaid, cover runs again", f"clawback {facts['clawback']}"),
    "assistance.applied": _applied,
}
