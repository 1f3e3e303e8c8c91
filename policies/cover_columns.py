"""First days of cover for columns of people: the bulk counterpart of ``policies.cover``."""

from __future__ import annotations

from typing import Any

import numpy as np

from policies.calendar import add_months_column, day_number, month_after_column
from policies.columns import FAR, Columns, Days
from policies.cover import waits_of
from policies.kinds import Cover
from policies.people import NO_DAY, Int32s, People


def start_days(cover: Cover, rows: Columns) -> Days:
    """The day cover would start for each person, or for all; meaningless where the rule cannot apply."""
    days: Days = _start(cover, rows)
    if cover.not_before is not None:
        days = np.maximum(days, np.int32(day_number(cover.not_before)))
    return days if days.shape else np.int32(days)


def wait_months(cover: Cover, people: People) -> Int32s:
    """The shortest wait in months that is known of each person, by ``policies.cover.waits_of``."""
    lapsed, repaired = people.lapsed_years.astype(np.int32), people.repaired_years.astype(np.int32)
    pairs, kind = np.unique((lapsed + 1) * 128 + repaired + 1, return_inverse=True)
    waits = []
    for pair in pairs.tolist():
        known = [None if years == 0 else years - 1 for years in divmod(pair, 128)]
        waits.append(waits_of(cover, *known)[0])
    return np.array(waits, np.int32)[kind]


def _start(cover: Cover, rows: Columns) -> Any:
    paid = rows.paid
    match cover.start:
        case "fixed":
            return np.int32(day_number(cover.first_day or rows.notice.period_first))
        case "birth":
            return rows.people.birth_day
        case "payment":
            return paid
        case "day_after_payment":
            return paid + np.int32(1)
        case "wait":
            if cover.lapse is not None:
                return add_months_column(paid, wait_months(cover, rows.people)) + np.int32(1)
            if cover.wait_months:
                return add_months_column(paid, cover.wait_months) + np.int32(1)
            return paid + np.int32((cover.wait_days or 0) + 1)
        case "month_after_payment":
            return month_after_column(paid)
        case "month_after_recognition":
            earliest = rows.earliest_recognition(cover.identity or ())
            return month_after_column(np.where(earliest == FAR, 0, earliest).astype(np.int32))
        case "month_after_prior_cover":
            ended = rows.people.prior_ended_day
            return month_after_column(np.where(ended == NO_DAY, paid, ended).astype(np.int32))
        case _:
            raise ValueError(f"cover {cover.id} has no start that a column could hold: {cover.start}")
