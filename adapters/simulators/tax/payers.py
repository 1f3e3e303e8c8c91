"""When and how the simulated residents pay: a pure function of seed, person and insured year.

Neither the batches nor their order matter, nor the amount: the same person presented again behaves the same.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from datetime import date, timedelta
from itertools import accumulate
from struct import unpack
from typing import Generic, NamedTuple, TypeVar

from adapters.simulators.tax.settings import PayerSettings

Choice = TypeVar("Choice")
_SPAN = 2**32
_REJECTIONS = (("certificate_mismatch", 0.5), ("employee_elsewhere", 0.85), ("deceased", 1.0))
REJECTION_TEXTS = {
    "certificate_mismatch": "Name and certificate number do not agree with the population register.",
    "employee_elsewhere": "The person is enrolled in the employee scheme elsewhere.",
    "deceased": "The person is registered as deceased.",
    "duplicate_reference": "This reference was presented before.",
    "deadline_passed": "The deadline of this amount lies before today.",
}
COLLEGE = "college_virtual_account"
_OFFICE_HOURS = (8 * 3600 + 1800, 17 * 3600)
_APP_HOURS = (7 * 3600, 22 * 3600)
_COLLEGES_AT = 15 * 3600
"""When a college hands in what it collected on a day: one voucher, so one moment for all its students."""


class Habit(NamedTuple):
    """What one person does about the levy of one insured year."""

    rejection: str | None
    """The code with which their dues are rejected."""
    day: int
    """The ordinal of the day on which they would pay; 0: never."""
    channel: str
    second: int
    """The second of that day."""
    stops: int = 0
    """The ordinal of the day from which they pay nothing more; 0: none."""


class Payers:
    """The residents of one insured year."""

    def __init__(self, seed: int, insured_year: int, settings: PayerSettings) -> None:
        self._settings = settings
        self._key = hashlib.blake2b(f"{seed}|{insured_year}".encode(), digest_size=16).digest()
        begins = date.fromisoformat(f"{insured_year - 1}-{settings.window_begins}")
        ends = date.fromisoformat(f"{insured_year - 1}-{settings.window_ends}")
        days = [begins + timedelta(days=step) for step in range((ends - begins).days + 1)]
        college = [date.fromisoformat(f"{insured_year - 1}-{day}") for day in settings.college_days]
        self._any_day = _Wheel({day.toordinal(): _eagerness(day, begins, ends) for day in days})
        self._office_day = _Wheel(
            {day.toordinal(): _eagerness(day, begins, ends) * _OPEN[day.weekday()] // 10 for day in days}
        )
        self._college_day = _Wheel({day.toordinal(): 4 - min(place, 3) for place, day in enumerate(college)})
        self._late_from = date(insured_year, 1, 1).toordinal()
        self._late_days = date(insured_year, 7, 1).toordinal() - self._late_from
        self._elder = _Wheel(settings.elder_channels)
        self._student = _Wheel(settings.student_channels)
        self._other = _Wheel(settings.other_channels)

    def habit(self, person_no: str, person_type: str) -> Habit:
        """What this person does; ``person_type`` is the wire code (``16`` elders, ``1404`` college students)."""
        if (back := self._settings.taken_back.get(person_no)) is not None:
            return Habit(None, 1, "bank_counter", _OFFICE_HOURS[0], 0 if back.again else back.day.toordinal())
        digest = hashlib.blake2b(person_no.encode(), digest_size=20, key=self._key).digest()
        refusal, whether, when, how, clock = unpack(">5I", digest)
        channels = self._elder if person_type == "16" else self._student if person_type == "1404" else self._other
        channel = channels.at(how)
        begins, ends = _APP_HOURS if channel == "app" else _OFFICE_HOURS
        second = begins + clock * (ends - begins) // _SPAN if channel != COLLEGE else _COLLEGES_AT
        return Habit(self._rejection(refusal), self._day(whether, when, channel), channel, second)

    def _day(self, whether: int, when: int, channel: str) -> int:
        share = whether / _SPAN
        if share < self._settings.never_share:
            return 0
        if share < self._settings.never_share + self._settings.late_share:
            return self._late_from + when * self._late_days // _SPAN
        if channel == COLLEGE:
            return self._college_day.at(when)
        return (self._any_day if channel == "app" else self._office_day).at(when)

    def _rejection(self, refusal: int) -> str | None:
        share = refusal / _SPAN
        if share >= self._settings.rejection_share:
            return None
        part = share / self._settings.rejection_share
        return next(code for code, below in _REJECTIONS if part < below)


_OPEN = (12, 11, 10, 10, 11, 4, 1)
"""Bank counters and town halls from Monday to Sunday, in tenths."""


def _eagerness(day: date, begins: date, ends: date) -> int:
    """How many feel like paying on a day: a slow start, a quiet holiday week, a campaign, a rush at the end."""
    left = (ends - day).days
    if left < 3:
        return 300
    if left < 12:
        return 170
    if (day.month, day.day) in _HOLIDAY:
        return 25
    passed = (day - begins).days
    return 40 + passed if passed < 45 else 120 - (passed - 45) // 2


_HOLIDAY = frozenset((10, day) for day in range(1, 9))


class _Wheel(Generic[Choice]):
    """A seeded draw: choices by weight, taken at a point of 0 to 2^32 - 1."""

    def __init__(self, weights: dict[Choice, int]) -> None:
        self._choices = [choice for choice, weight in weights.items() if weight > 0]
        self._bounds = list(accumulate(weight for weight in weights.values() if weight > 0))
        if not self._choices:
            raise ValueError(f"A draw needs a choice with a weight above nothing: {weights!r}")

    def at(self, point: int) -> Choice:
        return self._choices[bisect_right(self._bounds, point * self._bounds[-1] // _SPAN)]
