"""Figures of a text: every number and every date in it, each a whole token with its unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from policies.official.furniture import joined, lines_of

Kind = Literal["document", "day", "day_end", "month", "day_of_year", "year", "quantity"]

_UNITS: Final = "%|周岁|岁|个月|万元|元|天|日|月|时|号|年|人"
_MEASURES: Final = "年(?!度)|个月|月|天|日|元|种|项|条|周岁|人|倍|成"
_TOKEN: Final = re.compile(
    r"(?P<document>\(\d{4}\)\d+号)"
    r"|(?P<day_end>\d{4}年\d{1,2}月\d{1,2}日24时)"
    r"|(?P<day>\d{4}年\d{1,2}月\d{1,2}日)"
    r"|(?P<month>\d{4}年\d{1,2}月)"
    r"|(?P<day_of_year>\d{1,2}月\d{1,2}日)"
    r"|(?P<year>\d{4}年)"
    rf"|(?P<quantity>\d+(?:,\d{{3}})*(?:\.\d+)?(?:{_UNITS})?)"
    rf"|(?P<numeral>(?<![统同上下])[一二三四五六七八九十百千万两]+(?:{_MEASURES}))"
)
_TO: Final = ("至", "到", "-", "~")
_QUANTITY: Final = re.compile(r"([\d,.]+)(.*)")
_NUMERALS: Final = {"两": 2, **{char: value for value, char in enumerate("一二三四五六七八九", start=1)}}
_SCALES: Final = {"十": 10, "百": 100, "千": 1000, "万": 10000}


@dataclass(frozen=True)
class Figure:
    """A number or a date as it stands in a text (``written``) and what it means (``kind`` and ``value``).

    ``value`` holds year, month and day as far as they are known, or a number as text and its unit. ``follows`` is the
    text right behind it, which says whether a day itself is meant or the one before or after.
    """

    written: str = field(compare=False)
    kind: Kind
    value: tuple[int | str, ...]
    follows: str = field(default="", compare=False)

    @property
    def day(self) -> date | None:
        """The day of a full date; the 24th hour still belongs to it."""
        if self.kind not in ("day", "day_end"):
            return None
        year, month, day = (int(part) for part in self.value)
        return date(year, month, day)

    def amount_in(self, *units: str) -> Decimal | None:
        """The number where the unit is one of these, such as 280 of ``280元`` in 元."""
        return Decimal(self.value[0]) if self.kind == "quantity" and self.value[1] in units else None


def figures_in(text: str) -> Iterator[Figure]:
    """Every figure of a text that ``joined`` gave, in order.

    A day without a year that ends a range (``2020年10月1日至12月31日``) has the year of the range. Days that no
    calendar has are passed on as numbers of a document, so that nothing is left out.
    """
    previous, end = None, -2
    for found in _TOKEN.finditer(text):
        kind, written, follows = str(found.lastgroup), found[0], text[found.end() : found.end() + 2]
        value = _value(kind, written)
        if kind == "day_of_year" and previous is not None and found.start() == end + 1 and text[end] in _TO:
            kind, value = "day", (previous, *value)
        figure = Figure(written, _kind(kind, value), value, follows)
        yield figure
        previous, end = (figure.day.year if figure.day else None), found.end()


def figure_of(written: str) -> Figure:
    """The one figure that a rule writes, such as ``280元``. Raises ``ValueError`` for anything else."""
    text = joined(list(lines_of(written)))
    figures = list(figures_in(text))
    if len(figures) != 1 or figures[0].written != text:
        raise ValueError(f"{written!r} is not one number or date: write it with its unit, as 280元 or 2020年12月31日")
    return figures[0]


def _kind(kind: str, value: tuple[int | str, ...]) -> Kind:
    if kind in ("day", "day_end"):
        try:
            date(*(int(part) for part in value))
        except ValueError:
            return "document"
    kinds: dict[str, Kind] = {"document": "document", "day": "day", "day_end": "day_end", "month": "month", "year": "year"}
    return kinds.get(kind) or ("day_of_year" if kind == "day_of_year" else "quantity")


def _value(kind: str, written: str) -> tuple[int | str, ...]:
    if kind == "quantity":
        number, unit = _QUANTITY.fullmatch(written).groups()  # type: ignore[union-attr]
        return f"{Decimal(number.replace(',', '')).normalize():f}", unit
    if kind == "numeral":
        stem = written.rstrip("年个月天日元种项条周岁人倍成")
        return str(_chinese(stem)), written[len(stem) :]
    numbers = tuple(int(part) for part in re.findall(r"\d+", written))
    return numbers[:3]


def _chinese(numeral: str) -> int:
    """The value of a Chinese numeral such as 二十四."""
    total, digit = 0, 0
    for char in numeral:
        if char in _SCALES:
            scale = _SCALES[char]
            total, digit = ((total + digit or 1) * scale, 0) if scale == 10000 else (total + (digit or 1) * scale, 0)
        else:
            digit = _NUMERALS[char]
    return total + digit
