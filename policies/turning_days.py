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


def turning_days(
    notice: Notice, local: LocalParameters | None, atoms: Sequence[Atom], as_of: date
) -> Iterator[np.int32]:
    """First days after ``as_of`` on which paying may be decided otherwise for everybody."""
    fixed = {day for atom in atoms for day in _fixed_days(atom, local)}
    fixed.update(day for cover in notice.covers_from if (day := _first_too_late(cover, notice.period_last)))
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
    yield people.birth_day


def _fixed_days(atom: Atom, local: LocalParameters | None) -> Iterator[date]:
    """First days on which an atom about the day of payment changes its answer for everybody."""
    if isinstance(atom, Paid):
        if atom.first is not None:
            yield atom.first
        if atom.last is not None:
            yield atom.last + timedelta(days=1)
    elif isinstance(atom, PaidByLocalDay) and local is not None and getattr(local, atom.name) is not None:
        yield getattr(local, atom.name) + timedelta(days=1)


def _first_too_late(cover: Cover, last: date) -> date | None:
    """The first day of payment whose cover would only start after the insured year."""
    starts: dict[str, Callable[[date], date]] = {
        "payment": lambda day: day,
        "day_after_payment": lambda day: day + timedelta(days=1),
        "month_after_payment": month_after,
        "wait": lambda day: (
            after_months(day, cover.wait_months) if cover.wait_months else after_days(day, cover.wait_days or 0)
        ),
    }
    start = starts.get(cover.start)
    if start is None:
        return None
    day = last + timedelta(days=1)
    while start(day - timedelta(days=1)) > last:
        day -= timedelta(days=1)
    return day
