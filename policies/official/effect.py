"""The figures by which a rule decides, and whether figures of a text carry them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from pydantic import BaseModel

from policies.official.figures import TO, Figure

_SOURCE_FIELDS: Final = frozenset({"id", "clauses", "summary", "readings", "took", "figures_of", "reason", "missing"})
_DATES: Final = {"first": "first", "first_day": "first", "not_before": "first"}
_UNITS: Final = {
    "amount": "fen",
    "days": "days",
    "months": "months",
    "years": "years",
    "age": "years",
    "percent": "percent",
}
"""What a number of a rule counts, by a word in the name of its field."""
_SCALES: Final[dict[str, tuple[tuple[int, tuple[str, ...]], ...]]] = {
    "fen": ((100, ("元",)), (1_000_000, ("万元",))),
    "days": ((1, ("天", "日")),),
    "months": ((1, ("个月", "月")), (12, ("年",))),
    "years": ((1, ("年", "周岁", "岁")),),
    "percent": ((1, ("%",)),),
}
"""How much of its own unit one of a text's units is."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Effect:
    """One figure of a rule's effect: where it stands, what kind it is, its value (fen, days, months, percent, day)."""

    field: str
    kind: str
    value: int | date

    def __str__(self) -> str:
        yuan = f" ({Decimal(self.value) / 100:f}元)" if self.kind == "fen" and isinstance(self.value, int) else ""
        return f"{self.field} {self.value}{yuan}"


def effects(part: object, field: str = "") -> Iterator[Effect]:
    """Every figure in a rule, a bound or a condition; nothing with a number in it is passed over."""
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            if name not in _SOURCE_FIELDS:
                yield from effects(getattr(part, name), name)
    elif isinstance(part, tuple):
        for item in part:
            yield from effects(item, field)
    elif isinstance(part, date):
        yield Effect(field, _DATES.get(field, "last"), part)
    elif isinstance(part, int) and not isinstance(part, bool) and part:
        units = (_UNITS[word] for word in field.split("_") if word in _UNITS)
        yield Effect(field, next(units, "number"), part)
    elif isinstance(part, str) and part.endswith("%"):
        yield Effect(field, "percent", int(part.removesuffix("%")))


def carried(effect: Effect, figures: Iterable[Figure]) -> bool:
    """Whether one of the figures says just this; an ordinal such as 第91天 is no span."""
    return any(effect.value in _meanings(figure, effect.kind) for figure in figures if figure.leads != "第")


def _meanings(figure: Figure, kind: str) -> tuple[int | date | Decimal, ...]:
    """What a figure can mean as an amount, a span, or the first or last day of a range."""
    if kind == "first":
        return _first_days(figure)
    if kind == "last":
        return _last_days(figure)
    if figure.kind != "quantity":
        return ()
    if kind == "number":
        return (Decimal(figure.value[0]),)
    scales = ((scale, figure.amount_in(*units)) for scale, units in _SCALES[kind])
    return tuple(scale * number for scale, number in scales if number is not None)


def _first_days(figure: Figure) -> tuple[date, ...]:
    """A range may start where the figure cuts time."""
    cut = _cut(figure)
    if figure.day is None:
        return _whole(figure)[:1]
    return (figure.day,) if cut is None else (cut,)


def _last_days(figure: Figure) -> tuple[date, ...]:
    """A range may end on the day before the figure cuts time."""
    cut = _cut(figure)
    if figure.day is None:
        return _whole(figure)[1:]
    return (figure.day,) if cut is None else (cut - _DAY,)


def _cut(figure: Figure) -> date | None:
    """The first day behind the border a figure draws, ``None`` where it only names a day.

    The start of a range draws it before its day, the end of one and 24时 behind it. 前 and 后 include the day, save
    where the day is the first of a month for 前 or the last of one for 后: there the border is that of the month.
    """
    day = figure.day
    if day is None:
        return None
    behind = day + _DAY
    if figure.kind == "day_end" or figure.leads in TO:
        return behind
    if figure.leads in ("自", "从") or figure.follows.startswith((*TO, "起", "开始")):
        return day
    if figure.follows.startswith(("前", "之前", "以前")):
        return day if day.day == 1 else behind
    if figure.follows.startswith(("后", "之后", "以后")):
        return behind if behind.day == 1 else day
    return None


def _whole(figure: Figure) -> tuple[date, ...]:
    """First and last day of a year or a month."""
    numbers = [int(part) for part in figure.value] if figure.kind in ("year", "month") else []
    if not numbers:
        return ()
    year, month = numbers[0], numbers[1] if len(numbers) > 1 else 12
    next_month = date(year + month // 12, month % 12 + 1, 1)
    return date(year, numbers[1] if len(numbers) > 1 else 1, 1), next_month - _DAY
