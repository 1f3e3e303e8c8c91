"""Conducting a season: set the day, let the neighbours live it, do a round, and go on to the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import ParamSpec, TypeVar

import psycopg
import requests
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from worker.clock import set_season_date
from worker.jobs.run import Nudge
from worker.rounds import PHASES, run_round
from worker.season.ground import Script
from worker.season.neighbours import Neighbours
from worker.season.place import Place
from worker.season.timeline import season_days

P = ParamSpec("P")
T = TypeVar("T")
Duty = Callable[[date], None]
"""What people do on a day of a season."""
_AWAY_SECONDS = 180.0
"""How long database or neighbours may be away before the season is given up."""


def conduct(
    engine: Engine,
    nudge: Nudge,
    place: Place,
    script: Script,
    neighbours: Neighbours,
    on_day: Callable[[date, int, int], None] = lambda *_: None,
    evening: Sequence[Duty] = (),
    days: Sequence[date] | None = None,
    morning: Sequence[Duty] = (),
) -> float:
    """Play ``days``, or all of the season; returns the seconds it took. ``on_day`` is told each day, its number and how
    many there are; what stands in ``evening`` is what people do when the round is over, in ``morning`` what comes
    before it; both may be done again.

    Each step can be done again without harm, and is, while database or neighbours are away.

    Raises ``NotAtRest`` when the work of a day does not come to an end.
    """
    begun = time.monotonic()
    days = days or season_days(place.insured_year, script.drops, place.calendar.turns)
    *before, between_areas = PHASES
    with ThreadPoolExecutor(max_workers=1) as meanwhile:
        coming = meanwhile.submit(again, neighbours.advance, days[0])
        for number, day in enumerate(days, start=1):
            on_day(day, number, len(days))
            coming.result()
            again(_set_day, engine, day)
            for duty in morning:
                again(duty, day)
            again(run_round, engine, nudge, place.area.code, day, phases=before)
            # What is left of this day concerns neither tax nor treasury: they live on to the next.
            if number < len(days):
                coming = meanwhile.submit(again, neighbours.advance, days[number])
            again(run_round, engine, nudge, place.area.code, day, phases=[between_areas])
            for duty in evening:
                again(duty, day)
    for _ in ("the last days, whose payments are booked now", "the months, whose days are compared now"):
        again(run_round, engine, nudge, place.area.code, days[-1], phases=(("reconcile",),))
    return time.monotonic() - begun


def again(step: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """The step's result; it is done again while database or neighbours are away, for some minutes."""
    away = retry_if_exception_type((DBAPIError, psycopg.OperationalError, requests.RequestException))
    waiting = Retrying(retry=away, stop=stop_after_delay(_AWAY_SECONDS), wait=wait_fixed(0.2), reraise=True)
    return waiting(step, *args, **named)


def _set_day(engine: Engine, day: date) -> None:
    with engine.begin() as connection:
        set_season_date(connection, day)
