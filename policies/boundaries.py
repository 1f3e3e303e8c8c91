"""Facts at which a notice's decisions can turn, read off its rules: the day before, on and after every cut-off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final, TypeAlias

from policies.atoms import (
    Born,
    EnrolledAtSchool,
    HadCover,
    HoldsIdentity,
    InCircumstance,
    Paid,
    PaidByLocalDay,
    PaidWithin,
    RegisteredWithin,
    Studies,
)
from policies.calendar import add_months
from policies.local import LocalParameters
from policies.notice import Notice
from policies.spans import Aged, Lapsed, PaidInOne
from policies.turning_days import too_late_days

Draft: TypeAlias = dict[str, Any]
"""The fields of a question as far as they are chosen."""
Choice: TypeAlias = Callable[[Draft], Any]
"""A value for one field, which may look at the fields chosen before it; ``UNKNOWN`` leaves the field out."""

UNKNOWN: Final = object()
ORDER: Final = (
    *("pooling_area", "paid_on", "birth_date", "registered_on", "student", "prior_cover", "circumstances"),
    *("flags", "household_area", "residence_area", "lapsed_years", "repaired_years"),
)
"""Fields in the order in which they are chosen: what others are counted from comes first."""
_DAY: Final = timedelta(days=1)
_FOREIGN: Final = ("440305", "110101")


def just(value: Any) -> Choice:
    """One fixed value."""
    return lambda _: value


def around(days: Iterator[date | None]) -> list[date]:
    """Each day with the day before and the day after it, in order."""
    return sorted({day + shift * _DAY for day in days if day is not None for shift in (-1, 0, 1)})


def choices(notice: Notice, local: LocalParameters | None, areas: Sequence[str]) -> dict[str, list[Choice]]:
    """For each field of a question the values worth trying under a notice, an unremarkable one first.

    ``areas`` are pooling areas to try.
    """
    ordinary = date(notice.period_first.year - 40, 5, 1)
    registered = [just(UNKNOWN), *(_after_birth(days) for days in _spans(notice, RegisteredWithin))]
    found: dict[str, list[Choice]] = {
        "pooling_area": [just(area) for area in areas],
        "paid_on": [just(day) for day in payment_days(notice, local)],
        "birth_date": [just(ordinary), *_births(notice)],
        "registered_on": registered,
        "student": [just(None), *_students(notice)],
        "prior_cover": [just(None), *_prior_covers(notice)],
        "circumstances": [just([]), *(just([word]) for word in _words(notice))],
        "flags": [just([]), *_flags(notice)],
        "lapsed_years": [just(0), just(UNKNOWN), *(just(years) for years in _lapses(notice))],
        "repaired_years": [just(0), just(UNKNOWN)],
    }
    homes: list[Choice] = [lambda draft: draft["pooling_area"], just(UNKNOWN), just(None), just(_foreign(notice))]
    return {**found, "household_area": homes, "residence_area": [just(UNKNOWN), *homes]}


def payment_days(notice: Notice, local: LocalParameters | None = None) -> list[date]:
    """Days of payment around every window, every local day and every last day that brings cover within the year."""

    def named() -> Iterator[date | None]:
        yield from (notice.period_first, notice.period_last)
        for atom in notice.atoms():
            if isinstance(atom, Paid):
                yield from (atom.first, atom.last)
            elif isinstance(atom, PaidInOne):
                yield from (day for window in atom.windows for day in window)
            elif isinstance(atom, PaidByLocalDay) and local is not None:
                yield getattr(local, atom.name)
        for cover in notice.covers_from:
            yield from too_late_days(cover, notice.period_last, notice.period_first)

    return around(named())


def _births(notice: Notice) -> Iterator[Choice]:
    fixed: list[date | None] = []
    for atom in notice.atoms():
        if isinstance(atom, Born):
            fixed += [atom.first, atom.last]
        elif isinstance(atom, Aged) and atom.day is not None:
            fixed += [add_months(atom.day, -12 * years) for years in (atom.at_least, atom.below) if years]
        elif isinstance(atom, Aged):
            for years in (atom.at_least, atom.below):
                if years:
                    yield from (_years_before_payment(years, shift) for shift in (-1, 0, 1))
    yield from map(just, around(iter(fixed)))
    for days in (0, *_spans(notice, PaidWithin)):
        yield _days_before_payment(days)


def _spans(notice: Notice, kind: type[PaidWithin | RegisteredWithin]) -> list[int]:
    spans = {atom.days for atom in notice.atoms() if isinstance(atom, kind)}
    return sorted(days + more for days in spans for more in (-1, 0, 1))


def _after_birth(days: int) -> Choice:
    return lambda draft: draft["birth_date"] + days * _DAY


def _days_before_payment(days: int) -> Choice:
    return lambda draft: draft["paid_on"] - days * _DAY


def _years_before_payment(years: int, shift: int) -> Choice:
    return lambda draft: add_months(draft["paid_on"], -12 * years) + shift * _DAY


def _students(notice: Notice) -> Iterator[Choice]:
    entered: list[date | None] = [
        day for atom in notice.atoms() if isinstance(atom, EnrolledAtSchool) for day in (atom.first, atom.last)
    ]
    stages = {stage for atom in notice.atoms() if isinstance(atom, Studies) for stage in atom.stages} - {"none"}
    for stage in sorted(stages):
        for day in (None, *around(iter(entered))):
            yield _student(stage, day, None)
            yield _student(stage, day, _foreign(notice))


def _student(stage: str, entered: date | None, area: str | None) -> Choice:
    return lambda draft: {"stage": stage, "enrolled_on": entered, "school_area": area or draft["pooling_area"]}


def _prior_covers(notice: Notice) -> Iterator[Choice]:
    for atom in notice.atoms():
        if not isinstance(atom, HadCover):
            continue
        limit = atom.paid_within_months or 0
        ends: list[Choice] = [just(day) for day in around(iter((atom.first, atom.last)))]
        ends += [_months_before_payment(limit, shift) for shift in (-1, 0, 1)]
        for ended_on in (*ends, just(None)):
            for months in {atom.months, max(0, atom.months - 1)}:
                yield _prior_cover(atom.scheme or "resident", months, ended_on, None)
                yield _prior_cover(atom.scheme or "resident", months, ended_on, _foreign(notice))


def _months_before_payment(months: int, shift: int) -> Choice:
    return lambda draft: add_months(draft["paid_on"], -months) + shift * _DAY


def _prior_cover(scheme: str, months: int, ended_on: Choice, area: str | None) -> Choice:
    return lambda draft: {
        "scheme": scheme,
        "area": area or draft["pooling_area"],
        "months": months,
        "ended_on": ended_on(draft),
    }


def _words(notice: Notice) -> list[str]:
    words = (word for atom in notice.atoms() if isinstance(atom, InCircumstance) for word in atom.words)
    return list(dict.fromkeys(words))


def _flags(notice: Notice) -> Iterator[Choice]:
    parts = notice.assistance
    categories = dict.fromkeys(category for rule in parts.rules for category in rule.categories)
    named = [parts.cutoff.recognised_by if parts.cutoff else None, parts.later.until if parts.later else None]
    for atom in notice.atoms():
        if isinstance(atom, HoldsIdentity):
            categories |= dict.fromkeys(atom.categories)
            named += [atom.first, atom.last]
    days: list[Choice] = [just(date(notice.period_first.year - 6, 1, 1)), *map(just, around(iter(named)))]
    days += [_days_before_payment(shift) for shift in (0, -1)]
    for category in categories:
        for recognised_on in days:
            yield _flag(category, None, recognised_on, None)
        for area in (_neighbour(notice), _foreign(notice)):
            yield _flag(category, area, days[0], None)
        for shift in (0, -1):
            yield _flag(category, None, days[0], shift)


def _flag(category: str, area: str | None, recognised_on: Choice, revoked: int | None) -> Choice:
    """One identity; ``revoked`` counts days before payment, ``None`` is not revoked."""

    def flags(draft: Draft) -> list[dict[str, Any]]:
        ended = None if revoked is None else _days_before_payment(revoked)(draft)
        where = area or draft["pooling_area"]
        return [{"category": category, "area": where, "recognised_on": recognised_on(draft), "revoked_on": ended}]

    return flags


def _lapses(notice: Notice) -> list[int]:
    years = {1}
    for atom in notice.atoms():
        if isinstance(atom, Lapsed):
            years |= {atom.at_least, atom.at_least - 1, atom.below or 1, (atom.below or 1) - 1}
    floors = [cover.lapse.floor for cover in notice.covers_from if cover.lapse]
    years |= {floor.from_years + shift for floor in floors if floor for shift in (-1, 0, 1)}
    return sorted(number for number in years if number >= 0)


def pooling_areas(notice: Notice) -> list[str]:
    """Areas of the notice to enrol in: every one it lists in full, and one inside each wider area."""
    return [(prefix + "0101")[:6] for prefix in notice.areas]


def _neighbour(notice: Notice) -> str:
    return (notice.areas[-1] + "0202")[:6]


def _foreign(notice: Notice) -> str:
    return next(area for area in _FOREIGN if not notice.covers(area))
