"""Of whom a figure of an impact tells: the people behind each number, and what it counts of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from policies.change.impact import LEVIED, Compared, differs, money, own_cost, parts
from policies.decision import Decision
from policies.money import Fen
from policies.notice import Notice

Side = Literal["before", "after", "either"]
Pairing = Callable[[Decision, Decision], bool]


class NoSuchFigure(ValueError):
    """No number of an impact is called so."""


@dataclass(frozen=True, slots=True)
class Whom:
    """Rows of the roster, and in fen what a number counts of each before and after (0 where it does not)."""

    rows: npt.NDArray[np.int64]
    before: npt.NDArray[np.int64]
    after: npt.NDArray[np.int64]


def whom(compared: Compared, group: str, name: str, side: Side = "either") -> Whom:
    """The people whom the figure ``name`` of a ``group`` counts on a side.

    ``group`` is one of the report (outcomes, money, clause, category, source: amounts are those of the figure);
    ``people`` with ``all`` or a name of ``_BETWEEN``; or ``moves`` with two outcomes and a blank between: amounts are
    what each bears. Raises ``NoSuchFigure``.
    """
    own = group in ("people", "moves", "outcomes")
    if group == "moves":
        was, _, now = name.partition(" ")
        held = _held(compared, lambda before, after: (before.outcome, after.outcome) == (was, now))
    elif group == "people":
        held = _between(compared, name)
    elif group in ("outcomes", "money", "clause", "category", "source"):
        before, after = (_counted(compared, at, group, name)[1] for at in (0, 1))
        held = {"before": before, "after": after, "either": before | after}[side]
    else:
        raise NoSuchFigure(f"there is no group of figures {group!r}")
    amounts = [_counted(compared, at, "own" if own else group, name)[0] for at in (0, 1)]
    rows = np.flatnonzero(held)
    return Whom(rows, amounts[0][rows], amounts[1][rows])


def _held(compared: Compared, pairing: Pairing) -> npt.NDArray[np.bool_]:
    return np.array([pairing(was, now) for was, now in compared.pairs], np.bool_)[compared.of_person]


def _between(compared: Compared, name: str) -> npt.NDArray[np.bool_]:
    match name:
        case "all":
            return np.ones(len(compared.of_person), np.bool_)
        case "cover_changed":
            return compared.cover
        case "affected":
            return _held(compared, differs) | compared.cover
    if name not in _BETWEEN:
        raise NoSuchFigure(f"nobody is counted as {name!r}")
    return _held(compared, _BETWEEN[name])


def _known(was: Decision, now: Decision) -> bool:
    return was.due is not None and now.due is not None


def _levied_alike(was: Decision, now: Decision) -> bool:
    return _known(was, now) and (was.outcome in LEVIED) == (now.outcome in LEVIED)


_BETWEEN: dict[str, Pairing] = {
    "uncertain": lambda was, now: not _known(was, now),
    "levied_once": lambda was, now: _known(was, now) and not _levied_alike(was, now),
    "pay_more": lambda was, now: _levied_alike(was, now) and own_cost(now) > own_cost(was),
    "pay_less": lambda was, now: _levied_alike(was, now) and own_cost(now) < own_cost(was),
}


def _counted(compared: Compared, at: int, group: str, name: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Of each person on a side, how much the figure counts, and whether it counts them."""
    each = [_amount(compared.notices[at], pair[at], group, name) for pair in compared.pairs]
    amounts = np.array([fen or 0 for fen in each], np.int64)
    return amounts[compared.of_person], np.array([fen is not None for fen in each], np.bool_)[compared.of_person]


def _amount(notice: Notice, decision: Decision, group: str, name: str) -> Fen | None:
    match group:
        case "own":
            return own_cost(decision)
        case "outcomes":
            return own_cost(decision) if decision.outcome == name else None
        case "money":
            return dict(money(decision)).get(name)
    return {(kind, what): fen for kind, what, fen in parts(notice, decision)}.get((group, name))
