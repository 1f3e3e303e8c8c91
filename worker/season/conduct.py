"""Conducting a season: set the day, let the neighbours live it, do a round, and go on to the next."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Engine

from worker.clock import set_season_date
from worker.jobs.run import Nudge
from worker.rounds import run_round
from worker.season.ground import Script
from worker.season.neighbours import Neighbours
from worker.season.timeline import season_days


@dataclass
class Conducted:
    """What a season took: wall seconds in all and by stage, and the days it stopped at."""

    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    days: int = 0


def conduct(
    engine: Engine,
    nudge: Nudge,
    area: str,
    insured_year: int,
    script: Script,
    neighbours: Neighbours,
    on_day: Callable[[date, int, int], None] = lambda *_: None,
) -> Conducted:
    """Play all days. ``on_day`` is told each day, its number and how many there are.

    Raises ``NotAtRest`` when the work of a day does not come to an end.
    """
    conducted = Conducted()
    begun = time.monotonic()
    days = season_days(insured_year, script.drops)
    for number, day in enumerate(days, start=1):
        on_day(day, number, len(days))
        started = time.monotonic()
        neighbours.advance(day)
        with engine.begin() as connection:
            set_season_date(connection, day)
        _add(conducted.stages, "neighbours", time.monotonic() - started)
        for stage, seconds in run_round(engine, nudge, area, day).items():
            _add(conducted.stages, stage, seconds)
    conducted.seconds, conducted.days = time.monotonic() - begun, len(days)
    return conducted


def _add(stages: dict[str, float], stage: str, seconds: float) -> None:
    stages[stage] = stages.get(stage, 0.0) + seconds
