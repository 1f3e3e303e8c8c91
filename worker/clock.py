"""The one clock: what day it is for the business, in Asia/Shanghai, passed in wherever a date is needed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Tells the business date, and the moment at which something is recorded."""

    def today(self) -> date: ...

    def now(self) -> datetime: ...


class NoSeason(Exception):
    """No season is running: its conductor has not set a day yet."""


class SystemClock:
    """The machine's clock, read in Asia/Shanghai."""

    def today(self) -> date:
        """The date in China now."""
        return self.now().date()

    def now(self) -> datetime:
        """This moment, with its offset."""
        return datetime.now(SHANGHAI)


class SeasonClock(SystemClock):
    """A season replayed: the business date is the one that its conductor has set in the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def today(self) -> date:
        """The season's date. Raises ``NoSeason`` before the conductor has set one."""
        with self._engine.connect() as connection:
            today: date | None = connection.execute(text("SELECT today FROM season_clock")).scalar_one_or_none()
        if today is None:
            raise NoSeason("no season is running: its clock was never set")
        return today


def set_season_date(connection: Connection, today: date) -> None:
    """Move the season's clock to ``today``."""
    statement = (
        'INSERT INTO season_clock ("row", today) VALUES (1, :today) ON CONFLICT ("row") DO UPDATE SET today = :today'
    )
    connection.execute(text(statement), {"today": today})
