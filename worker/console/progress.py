"""The chart of the towns' progress: where bars begin and end, in per cent of the width; the template draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from worker.console.words import Words

_HEIGHT = 40


@dataclass(frozen=True)
class Bar:
    """A town's bar: its top in pixels, how wide plan, enrolled and paid are, and the figures in words."""

    name: str
    code: str
    top: int
    planned: str
    enrolled: str
    paid: str
    told: str


@dataclass(frozen=True)
class Chart:
    """The bars, the height in pixels, where the goal is (None: none is set), and all of it in a sentence."""

    bars: list[Bar]
    height: int
    goals: list[tuple[int, str]]
    told: str


def bars_of(towns: Sequence[dict[str, Any]], goal: int | None, words: Words) -> Chart:
    """A bar for each town; the whole width is its plan, or more where more are enrolled than were planned."""
    bars: list[Bar] = []
    goals: list[tuple[int, str]] = []
    for at, town in enumerate(towns):
        planned, enrolled, paid = town["planned"], town["enrolled"], town["paid"]
        whole = max(planned, enrolled, 1)
        rate = f" · {town['rate']} %" if town["rate"] else ""
        told = f"{paid:,} / {planned:,}{rate}"
        top = at * _HEIGHT
        parts = (_part(planned, whole), _part(enrolled, whole), _part(paid, whole))
        bars.append(Bar(town["name"], town["code"], top, *parts, told))
        if goal and planned:
            goals.append((top, _part(planned * goal // 100, whole)))
    most = sum(town["planned"] for town in towns)
    paid_in_all = sum(town["paid"] for town in towns)
    sentence = words("chart_told", n=len(bars), paid=f"{paid_in_all:,}", planned=f"{most:,}")
    return Chart(bars, len(bars) * _HEIGHT, goals, sentence)


def _part(count: int, whole: int) -> str:
    """Per cent with two decimals, from whole numbers."""
    hundredths = min(count * 10_000 // whole, 10_000)
    return f"{hundredths // 100}.{hundredths % 100:02d}%"
