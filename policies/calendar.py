"""Calendar arithmetic of waiting periods and cover, for one date and for columns of days alike.

Months and days are never converted into each other (R2). Days in columns count from 1970-01-01.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_EPOCH: Final = date(1970, 1, 1)

Days = npt.NDArray[np.int32]
_MANY: Final = 1024
"""From so many days on it is worth while to look at their span."""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """The date of a day number."""
    return _EPOCH + timedelta(days=number)


def add_days(day: date, days: int) -> date:
    """The date so many days later; the day itself is not counted (R6: last day = birth + 90 days)."""
    return day + timedelta(days=days)


def add_months(day: date, months: int) -> date:
    """The corresponding day so many months later, or the last day of that month where there is none (R1)."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def month_after(day: date) -> date:
    """The first day of the month after the month of ``day``."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def after_days(day: date, days: int) -> date:
    """First day of cover after a wait of so many days that starts the day after ``day`` (R2: the 91st day)."""
    return day + timedelta(days=days + 1)


def after_months(day: date, months: int) -> date:
    """First day of cover after a wait of so many months that starts the day after ``day`` (R1)."""
    return add_months(day, months) + timedelta(days=1)


def add_months_column(days: Any, months: int | Days) -> Any:
    """``add_months`` of a column of day numbers, or of one, by as many months for all or by each row's own."""
    if isinstance(months, int):
        return _by_table(lambda dates: _add_months(dates, months), days)
    return _add_months(days.astype("M8[D]"), months).astype(np.int64).astype(np.int32)


def month_after_column(days: Any) -> Any:
    """``month_after`` of a column of day numbers, or of one."""
    return _by_table(lambda dates: (dates.astype("M8[M]") + np.timedelta64(1, "M")).astype("M8[D]"), days)


def _add_months(dates: Any, months: int | Days) -> Any:
    month = dates.astype("M8[M]")
    of_month = dates - month.astype("M8[D]")
    target = month + np.asarray(months, np.int64).astype("m8[M]")
    longest = (target + np.timedelta64(1, "M")).astype("M8[D]") - target.astype("M8[D]") - np.timedelta64(1, "D")
    return target.astype("M8[D]") + np.minimum(of_month, longest)


def _by_table(move: Callable[[Any], Any], days: Any) -> Any:
    """Days moved in the calendar: each day between the first and the last of many is worked out only once."""
    first = int(days.min()) if days.size > _MANY else 0
    span = int(days.max()) - first + 1 if days.size > _MANY else 0
    if not 0 < span <= days.size:
        return move(days.astype("M8[D]")).astype(np.int64).astype(np.int32)
    table = move(np.arange(first, first + span).astype("M8[D]")).astype(np.int64).astype(np.int32)
    return table.take(days - np.int32(first))
