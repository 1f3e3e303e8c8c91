"""Bars before and after, drawn here as SVG: places and widths of what a template writes down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, LABEL, VALUE, ROW, BAR, HEAD = 760, 190, 130, 52, 17, 34
"""In units of the picture: its width, what names and values take of it, a row, a bar, and the line of the legend."""
_PLOT = WIDTH - LABEL - VALUE


class Pair(NamedTuple):
    """A row: its name, a value on either side (not below zero), and both as they are written."""

    name: str
    before: int
    after: int
    before_shown: str
    after_shown: str


class Bar(NamedTuple):
    """One bar with its value behind it."""

    y: int
    width: float
    shown: str


class Row(NamedTuple):
    """A name and its two bars."""

    name: str
    y: int
    before: Bar
    after: Bar


class Chart(NamedTuple):
    """A picture that is ``height`` high, with lines of the scale at ``ticks``."""

    height: int
    ticks: list[float]
    rows: list[Row]


def bars(pairs: Sequence[Pair]) -> Chart:
    """The rows below one another, all by one scale, the longest bar as wide as there is room."""
    most = max((max(pair.before, pair.after) for pair in pairs), default=0) or 1
    rows = []
    for at, pair in enumerate(pairs):
        top = HEAD + at * ROW
        before = Bar(top, round(_PLOT * pair.before / most, 1), pair.before_shown)
        after = Bar(top + BAR + 2, round(_PLOT * pair.after / most, 1), pair.after_shown)
        rows.append(Row(pair.name, top, before, after))
    return Chart(HEAD + len(pairs) * ROW, [LABEL + _PLOT * part / 4 for part in range(5)], rows)
