"""Figures of a text: every number and every date in it, each a whole token with its unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from policies.official.furniture import numeral_number, plain

Kind = Literal["document", "day", "day_end", "month", "day_of_year", "year", "quantity", "no_day"]

_UNITS: Final = "%|周岁|岁|个月|个工作日|个|万元|亿元|元|天|日|月|周|小时|时|号|年|人|户|次|倍"
_MEASURES: Final = "年(?!度)|个月|月|天|日|元|种|项|条|周岁|人|倍|成"
_NUMERAL: Final = "[一二三四五六七八九十百千万两]+"
_TOKEN: Final = re.compile(
    r"(?P<document>\(\d{4}\)\d+号)"
    r"|(?P<day_end>\d{4}年\d{1,2}月\d{1,2}日24时)"
    r"|(?P<day>\d{4}年\d{1,2}月\d{1,2}日)"
    r"|(?P<month>\d{4}年\d{1,2}月)"
    r"|(?P<day_of_year>\d{1,2}月\d{1,2}日)"
    r"|(?P<year>\d{4}年)"
    rf"|(?P<quantity>\d+(?:,\d{{3}})*(?:\.\d+)?(?:{_UNITS})?)"
    rf"|(?P<percent>百分之{_NUMERAL})"
    rf"|(?P<numeral>(?<![统同上下]){_NUMERAL}(?:{_MEASURES}))"
)
TO: Final = ("至", "到", "-", "~")
"""What stands between the ends of a range."""
_QUANTITY: Final = re.compile(r"([\d,.]+)(.*)")
_WRITTEN: Final = re.compile(r"(.+?)(?:#([1-9]\d?))?")


@dataclass(frozen=True)
class Figure:
    """A number or a date as it stands in a text (``written``) and what it means (``kind`` and ``value``).

    ``value`` holds year, month and day as far as they are known, or a number as text and its unit. ``leads`` and
    ``follows`` are the text right before and behind, which say on which side of a day something begins; ``at`` is
    where it stands.
    """

    written: str = field(compare=False)
    kind: Kind
    value: tuple[int | str, ...]
    leads: str = field(default="", compare=False)
    follows: str = field(default="", compare=False)
    at: int = field(default=0, compare=False)

    @property
    def day(self) -> date | None:
        """The day of a full date; the 24th hour still belongs to it."""
        return _date(self.value) if self.kind in ("day", "day_end") else None

    def amount_in(self, *units: str) -> Decimal | None:
        """The number where the unit is one of these, such as 280 of ``280元`` in 元."""
        return Decimal(self.value[0]) if self.kind == "quantity" and self.value[1] in units else None


def figures_in(text: str) -> Iterator[Figure]:
    """Every figure of a text that ``joined`` gave, in order.

    A day without a year that ends a range (``2020年10月1日至12月31日``) has the year of the range, unless it would end
    before it starts. Days that no calendar has are figures of their own kind, so that nothing is left out.
    """
    start: date | None = None
    end = -2
    for found in _TOKEN.finditer(text):
        kind, value = _meaning(str(found.lastgroup), found[0])
        if kind == "day_of_year" and start is not None and found.start() == end + 1 and text[end] in TO:
            finish = _date((start.year, *value))
            if finish is not None and finish > start:
                kind, value = "day", (start.year, *value)
        before, behind = text[max(found.start() - 1, 0) : found.start()], text[found.end() : found.end() + 2]
        figure = Figure(found[0], kind, value, before, behind, found.start())
        yield figure
        start, end = figure.day, found.end()


def figure_of(written: str) -> Figure:
    """The one figure that a rule writes, such as ``280元`` or ``280元#2``. Raises ``ValueError`` for anything else."""
    stem = plain(_parts(written)[0])
    figures = list(figures_in(stem))
    if len(figures) != 1 or figures[0].written != stem:
        raise ValueError(f"{written!r} is not one number or date: write it with its unit, as 280元 or 2020年12月31日")
    return figures[0]


def ordinal_of(written: str) -> int | None:
    """Which of several equal figures of a clause is meant: 2 for ``280元#2``."""
    ordinal = _parts(written)[1]
    return int(ordinal) if ordinal else None


def _parts(written: str) -> tuple[str, str | None]:
    found = _WRITTEN.fullmatch(written)
    return (found[1], found[2]) if found else (written, None)


def _date(value: tuple[int | str, ...]) -> date | None:
    try:
        return date(*(int(part) for part in value))
    except (ValueError, TypeError):
        return None


def _meaning(name: str, written: str) -> tuple[Kind, tuple[int | str, ...]]:
    """Kind and value of a token by the name it was found under."""
    if name == "quantity":
        number, unit = _QUANTITY.fullmatch(written).groups()  # type: ignore[union-attr]
        return "quantity", (f"{Decimal(number.replace(',', '')).normalize():f}", unit)
    if name == "percent":
        return "quantity", (str(numeral_number(written.removeprefix("百分之"))), "%")
    if name == "numeral":
        stem = re.match(_NUMERAL, written)[0]  # type: ignore[index]
        return "quantity", (str(numeral_number(stem)), written[len(stem) :])
    numbers = tuple(int(part) for part in re.findall(r"\d+", written))
    kinds: dict[str, Kind] = {
        "document": "document", "day_end": "day_end", "day": "day",
        "month": "month", "day_of_year": "day_of_year", "year": "year",
    }  # fmt: skip
    kind = kinds[name]
    if kind in ("day", "day_end"):
        return (kind if _date(numbers[:3]) else "no_day"), numbers[:3]
    return kind, numbers
