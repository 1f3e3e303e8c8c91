"""Figures of the season that take a look at everybody: kept for a while, and made anew beside the pages."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from config.areas import load_areas
from worker.clock import SystemClock
from worker.house import House
from worker.report.figures import Town, planned_for, read_funds, read_towns
from worker.report.money import Sum, money_by_state

_log = structlog.get_logger("console")
KEPT_SECONDS = 30.0


@dataclass(frozen=True)
class Season:
    """The figures as they were ``at`` some moment; ``goal`` is per cent of the plan, None where none is set."""

    at: datetime
    goal: int | None
    towns: list[Town]
    funds: list[dict[str, Any]]
    money: list[Sum]


class Figures:
    """Everybody is shown the same figures; who comes when they are older than ``KEPT_SECONDS`` starts new ones.

    So a page waits for them once, after the start, and never for more than one reading at a time.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._kept: Season | None = None
        self._reading = threading.Lock()

    def now(self, kept_seconds: float = KEPT_SECONDS) -> Season:
        """The newest figures there are."""
        kept = self._kept
        if kept is None:
            with self._reading:
                if self._kept is None:
                    self._kept = self._read()
                return self._kept
        if (SystemClock().now() - kept.at).total_seconds() >= kept_seconds and self._reading.acquire(blocking=False):
            threading.Thread(target=self._renew, name="figures", daemon=True).start()
        return kept

    def _renew(self) -> None:
        try:
            self._kept = self._read()
        except SQLAlchemyError as error:  # the former ones are shown, with their time
            _log.warning("console.no_figures", reason=type(error).__name__)
        finally:
            self._reading.release()

    def _read(self) -> Season:
        settings = self._house.settings
        area, year = load_areas()[settings.area], settings.insured_year
        with self._house.engine.connect() as connection:
            return Season(
                at=SystemClock().now(),
                goal=area.enrolment_goal.get(year),
                towns=read_towns(connection, area, year, planned_for(settings)),
                funds=read_funds(connection, area.code, year),
                money=money_by_state(connection, area.code, year),
            )
