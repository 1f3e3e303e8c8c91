"""The facts of an event in words of one language: each with its name, money in yuan, codes as what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from policies.money import yuan

if TYPE_CHECKING:
    from worker.console.words import Words

_FEN = (
    "amount",
    "paid",
    "left",
    "above",
    "missing",
    "standard",
    "asked",
    "lowered",
    "claimed",
    "deducted",
    "net",
    "settles",
)
_LAW = ("category", "source", "insurance", "payer", "to")
_PLACES = ("area", "town", "peer")
_KINDS = (
    "fact", "payer", "state", "handoff_state", "job_state", "request_state", "refund_reason", "cause", "kind",
    "neighbour", "list", "tick", "break", "break_state", "claim_state", "row_state", "role", "action", "booked", "code",
)  # fmt: skip


def told(facts: Mapping[str, Any], words: Words) -> str:
    """Name and value of each fact that there is."""
    between = words("fact_ends")
    return between.join(
        f"{words.value('said', name)}{words('colon')}{_told(name, value, words)}"
        for name, value in facts.items()
        if value not in (None, "", [], {}) and (name, value) != ("above", 0)
    )


def code_in_words(text: str, words: Words) -> str:
    """A state, a reason or another code as what it means; as it stands where it is none that has a word."""
    return next((found for kind in _KINDS if (found := words.known(kind, text))), text)


def _told(name: str, value: Any, words: Words) -> str:
    match value:
        case bool():
            return words.value("choice", str(value).lower())
        case Mapping():
            return f"{words('fact_opens')}{told(value, words)}{words('fact_closes')}"
        case list() | tuple():
            return words("fact_and").join(_told(name, one, words) for one in value)
        case int() if name in _FEN:
            return (
                yuan(value)
                if words.value("said", name).endswith(words("in_yuan"))
                else f"{yuan(value)} {words('yuan')}"
            )
        case str() if name in _PLACES:
            return words.place(value)
        case str() if name in _LAW and value != "person":
            return words.law(value)
        case str() if name == "paid_at":
            return f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M}"
        case str():
            return words.said(value)
        case _:
            return str(value)
