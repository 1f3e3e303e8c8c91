"""The days that a statement of claim is about: a calendar month, or any stretch of days."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_ONE_DAY = timedelta(days=1)


class NoPeriod(Exception):
    """A text that names no period; the message says how to write one."""


class Period(NamedTuple):
    """First and last day, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        """``2020-11`` for a month, else ``2020-11-01..2020-12-15``."""
        return f"{self.first:%Y-%m}" if self == month_of(self.first) else f"{self.first}..{self.last}"

    @property
    def zh(self) -> str:
        """As it stands in a heading."""
        if self == month_of(self.first):
            return f"{self.first.year}年{self.first.month}月"
        return "至".join(f"{day.year}年{day.month}月{day.day}日" for day in self)


def month_of(day: date) -> Period:
    """The calendar month of a day."""
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - _ONE_DAY)


def last_ended(today: date) -> Period:
    """The last month that has ended before ``today``."""
    return month_of(today.replace(day=1) - _ONE_DAY)


def months(first: Period, last: Period) -> Iterator[Period]:
    """The months from one to another, both included; none where the first is the later one."""
    while first <= last:
        yield first
        first = month_of(first.last + _ONE_DAY)


def parse_period(written: str) -> Period:
    """The period of ``2020-11`` or ``2020-11-01..2020-12-15``. Raises ``NoPeriod``."""
    try:
        if found := _MONTH.fullmatch(written):
            return month_of(date(int(found[1]), int(found[2]), 1))
        first, last = map(date.fromisoformat, written.split(".."))
    except ValueError:
        raise NoPeriod(
            f"{written!r} is no period: write a month as 2020-11, or days as 2020-11-01..2020-12-15"
        ) from None
    if first > last:
        raise NoPeriod(f"{written!r} begins after it ends")
    return Period(first, last)
