"""The course of a case: which step may follow which, by whom, what it must say, and whose turn it then is.

At every moment exactly one side owns the next step, or the case is closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from adapters.peer.history import Kind
from config.peers import StepDays

Side = Literal["origin", "intended"]


@dataclass(frozen=True, slots=True)
class Move:
    """One kind of step: who takes it, after which steps, whose turn follows (None: the case is closed).

    ``within`` names the setting that says how many days the next step may take. ``facts`` must be there, and no others
    but ``may``.
    """

    by: Side
    after: tuple[str, ...]
    turn: Side | None
    within: str | None
    facts: frozenset[str]
    may: frozenset[str] = frozenset({"clerk"})


_PAYMENT: Final = frozenset({"insured_year", "insurance", "amount", "voucher", "paid_on"})
_REASON: Final = frozenset({"reason"})
_MONEY: Final = frozenset({"amount", "voucher", "paid_on"})

COURSES: Final[Mapping[Kind, Mapping[str, Move]]] = {
    # 错缴异地: paid at the origin by mistake, paid again at the intended place, refunded by the origin after review.
    "wrong_area": {
        "proposed": Move(
            "origin", (), "intended", "answer",
            _PAYMENT | {"applied_on", "own_fault", "benefits_used", "notice", "clauses"},
        ),
        "accepted": Move("intended", ("proposed",), "intended", "pay", frozenset()),
        "refused": Move("intended", ("proposed", "accepted"), None, None, _REASON),
        "paid": Move("intended", ("accepted",), "origin", "review", _MONEY),
        "approved": Move("origin", ("paid",), "origin", "refund", frozenset()),
        "rejected": Move("origin", ("paid",), None, None, _REASON),
        "refunded": Move("origin", ("approved",), "intended", "close", frozenset({"amount", "refunded_on"})),
        "completed": Move(
            "intended", ("refunded",), None, None, frozenset(), frozenset({"clerk", "cover_from", "cover_to"})
        ),
    },
    # The area that recognised an identity asks the area of enrolment whether the premium was paid, decides, and pays.
    "assistance_claim": {
        "claimed": Move(
            "origin", (), "intended", "answer", frozenset({"insured_year", "insurance", "category", "applied_on"})
        ),
        "confirmed": Move(
            "intended", ("claimed",), "origin", "review", _MONEY | {"enrolled"}, frozenset({"clerk", "assisted"})
        ),
        "refused": Move("intended", ("claimed",), None, None, _REASON),
        "granted": Move("origin", ("confirmed",), "origin", "refund", frozenset({"assisted", "notice", "clauses"})),
        "declined": Move("origin", ("confirmed",), None, None, _REASON),
        "assisted": Move("origin", ("granted",), "intended", "close", frozenset({"assisted", "refunded_on"}),
                         frozenset({"clerk", "reference"})),
        "closed": Move("intended", ("assisted",), None, None, frozenset()),
    },
}  # fmt: skip

IN_TRANSIT: Final = ("accepted", "paid", "approved")
"""States of a wrong-area case in which the origin's money belongs to neither place: accepted, and not yet returned."""


def fault(kind: Kind, state: str | None, what: str, by: Side, facts: Mapping[str, Any]) -> str | None:
    """Why this step cannot follow ``state`` (None: it opens the case), as a sentence; None when it can."""
    move = COURSES[kind].get(what)
    if move is None or move.by != by:
        return f"{what} is no step of the {by} in a case of {kind}"
    if (state is None) != (not move.after) or (state is not None and state not in move.after):
        return f"{what} cannot follow {state or 'nothing'}"
    if missing := move.facts - facts.keys():
        return f"{what} does not say {', '.join(sorted(missing))}"
    if foreign := facts.keys() - move.facts - move.may:
        return f"{what} says {', '.join(sorted(foreign))}, which does not belong to it"
    return None


def days_for(kind: Kind, what: str, days: StepDays) -> int | None:
    """How many days the step after ``what`` may take; None once the case is closed."""
    within = COURSES[kind][what].within
    return None if within is None else int(getattr(days, within))
