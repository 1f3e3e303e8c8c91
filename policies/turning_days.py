"""Days of payment on which a decision can turn, read off the rules: the first days of everything new."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

import numpy as np

from policies.atoms import Atom, HadCover, Paid, PaidByLocalDay, PaidWithin
from policies.calendar import add_months_column, after_days, after_months, day_number, month_after
from policies.kinds import Cover
from policies.local import LocalParameters
from policies.notice import Notice
from policies.people import NO_DAY, Int32s, People
from policies.spans import Aged, PaidInOne


def turning_days(
    notice: Notice, local: LocalParameters | None, atoms: Sequence[Atom], as_of: date
) -> Iterator[np.int32]:
    """First days after ``as_of`` on which paying may be decided otherwise for everybody."""
    fixed = {day for atom in atoms for day in _fixed_days(atom, local)}
    for cover in notice.covers_from:
        fixed.update(too_late_days(cover, notice.period_last, as_of))
    for day in sorted(fixed):
        if day > as_of:
            yield np.int32(day_number(day))


def own_turning_days(atoms: Sequence[Atom], people: People) -> Iterator[Int32s]:
    """First days on which paying may be decided otherwise for one person, such as the 91st day after birth."""
    for atom in atoms:
        if isinstance(atom, PaidWithin):
            yield people.birth_day + np.int32(atom.days + 1)
        elif isinstance(atom, HadCover) and atom.paid_within_months:
            ended = np.where(people.prior_ended_day == NO_DAY, 0, people.prior_ended_day).astype(np.int32)
            yield add_months_column(ended, atom.paid_within_months) + np.int32(1)
        elif isinstance(atom, Aged) and atom.day is None:
            for years in (atom.at_least, atom.below):
                if years:
                    yield add_months_column(people.birth_day, 12 * years)
    yield people.birth_day


def _fixed_days(atom: Atom, local: LocalParameters | None) -> Iterator[date]:
    """First days on which an atom about the day of payment changes its answer for everybody."""
    if isinstance(atom, PaidInOne):
        for first, last in atom.windows:
            yield from (first, last + timedelta(days=1))
    elif isinstance(atom, Paid):
        if atom.first is not None:
            yield atom.first
        if atom.last is not None:
            yield atom.last + timedelta(days=1)
    elif isinstance(atom, PaidByLocalDay) and local is not None and getattr(local, atom.name) is not None:
        yield getattr(local, atom.name) + timedelta(days=1)


def too_late_days(cover: Cover, last: date, as_of: date) -> Iterator[date]:
    """First days of payment whose cover would only start after the insured year; with a lapse one for each wait."""
    months = cover.wait_months
    while (day := _firsttoo_late_days(cover, last, months)) is not None:
        yield day
        if cover.lapse is None or months is None or day <= as_of:
            return
        months += 1


def _firsttoo_late_days(cover: Cover, last: date, months: int | None) -> date | None:
    """The first day of payment whose cover would only start after the insured year."""
    starts: dict[str, Callable[[date], date]] = {
        "payment": lambda day: day,
        "day_after_payment": lambda day: day + timedelta(days=1),
        "month_after_payment": month_after,
        "wait": lambda day: after_months(day, months) if months else after_days(day, cover.wait_days or 0),
    }
    start = starts.get(cover.start)
    if start is None:
        return None
    day = last + timedelta(days=1)
    while start(day - timedelta(days=1)) > last:
        day -= timedelta(days=1)
    return day
