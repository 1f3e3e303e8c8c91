"""Conducting a season: set the day, let the neighbours live it, do a round, and go on to the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date

from sqlalchemy import Engine

from worker.clock import set_season_date
from worker.jobs.run import Nudge
from worker.rounds import run_round
from worker.season.ground import Script
from worker.season.neighbours import Neighbours
from worker.season.place import Place
from worker.season.timeline import season_days


def conduct(
    engine: Engine,
    nudge: Nudge,
    place: Place,
    script: Script,
    neighbours: Neighbours,
    on_day: Callable[[date, int, int], None] = lambda *_: None,
    evening: Sequence[Callable[[date], None]] = (),
) -> float:
    """Play all days; returns the seconds it took. ``on_day`` is told each day, its number and how many there are;
    what stands in ``evening`` is what people do when the round is over.

    Raises ``NotAtRest`` when the work of a day does not come to an end.
    """
    begun = time.monotonic()
    days = season_days(place.insured_year, script.drops, place.calendar.turns)
    for number, day in enumerate(days, start=1):
        on_day(day, number, len(days))
        neighbours.advance(day)
        with engine.begin() as connection:
            set_season_date(connection, day)
        run_round(engine, nudge, place.area.code, day)
        for duty in evening:
            duty(day)
    for _ in ("the last days, whose payments are booked now", "the months, whose days are compared now"):
        run_round(engine, nudge, place.area.code, days[-1], phases=(("reconcile",),))
    return time.monotonic() - begun
