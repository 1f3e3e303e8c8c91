"""The days of a season that its notice sets: the window in which it collects, and when decisions turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from policies.atoms import Atom
from policies.local import LocalParameters
from policies.notice import Notice
from policies.turning_days import turning_days

_EPOCH = date(1970, 1, 1)


class NoWindow(Exception):
    """The notice sets no window before its insured year, so there is no season to play."""


@dataclass(frozen=True)
class SeasonCalendar:
    """First and last day of the window, and the first days on which paying is decided otherwise, in order."""

    opens: date
    closes: date
    turns: tuple[date, ...]


def season_calendar(notice: Notice, local: LocalParameters | None) -> SeasonCalendar:
    """What the notice, completed by local parameters, says about its days. Raises ``NoWindow``."""
    if notice.window is None:
        raise NoWindow(f"{notice.notice} names no window before {notice.period_first} in which it collects")
    opens, closes = notice.window
    return SeasonCalendar(opens, closes, tuple(_turns(notice, local, notice.atoms(), opens)))


def _turns(notice: Notice, local: LocalParameters | None, atoms: tuple[Atom, ...], opens: date) -> Iterator[date]:
    before = opens - timedelta(days=1)
    for number in turning_days(notice, local, atoms, before):
        yield _EPOCH + timedelta(days=int(number))
