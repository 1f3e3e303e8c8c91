"""Events of cases between two areas, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from policies.money import yuan

_STEPS: Final = {
    "proposed": "paid in the wrong area 错缴异地: proposed to the intended one",
    "accepted": "taken by the intended area 同意转入, to be paid there",
    "refused": "refused by the other area 不予转入",
    "paid": "paid at the intended area 拟参保地已缴费",
    "approved": "refund approved by the origin's final review 终审通过",
    "rejected": "rejected by the origin's final review 终审不通过",
    "refunded": "refunded by the origin 原缴费地已退费",
    "completed": "complete 办结; cover counts from the first payment",
    "claimed": "assistance claimed by the area of recognition, which asks whether the premium was paid",
    "confirmed": "payment confirmed by the area of enrolment",
    "granted": "assistance granted by the area of recognition",
    "declined": "assistance declined by the area of recognition",
    "assisted": "assistance paid by the area of recognition",
    "closed": "known to the area of enrolment 办结",
    "withdrawn": "withdrawn 撤回 before the other area had got it",
    "overtaken": "our own step came too late: the other area had gone on",
    "diverged": "the other area holds other steps: somebody has to compare both sides",
    "peer_behind": "the other area had lost steps and is told them again",
    "peer_lost": "the other area had lost the case and is told it again",
    "refund_held": "the refund cannot be carried out",
}


def handoff_tellers() -> dict[str, Callable[[Mapping[str, Any]], tuple[str, ...]]]:
    """A teller for each action of a case between areas: what happened, then the references to find it by."""
    return {f"handoff.{what}": _teller(said) for what, said in _STEPS.items()}


def _teller(said: str) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
    def tell(facts: Mapping[str, Any]) -> tuple[str, ...]:
        money = f"{yuan(facts['amount'])} yuan " if facts.get("amount") is not None else ""
        shares = [f"{yuan(share['amount'])} yuan from {share['source']}" for share in facts.get("assisted") or ()]
        why = facts.get("reason") or facts.get("because")
        cover = f" ({facts['cover_from']} to {facts['cover_to']})" if facts.get("cover_from") else ""
        told = f"{money}{said}{cover}" + (f": {', '.join(shares)}" if shares else "") + (f": {why}" if why else "")
        voucher = f"voucher {facts['voucher']}" if facts.get("voucher") else ""
        return told, f"case {facts['case']}", voucher

    return tell
