"""The season in a few figures, kept in the database: read at once, made anew when old, never while a page waits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, text

from config.areas import load_areas
from config.settings import Settings
from worker.report.figures import planned_for, read_funds, read_towns
from worker.report.money import money_by_state

FRESH_SECONDS = 30.0
SHARE = 20
"""At most a twentieth of the time is spent on reading figures."""

_KEPT = text(
    "SELECT read_at, seconds, body, extract(epoch FROM now() - read_at)::float AS age FROM season_summary"
    " WHERE area = :area AND insured_year = :year"
)
_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext('reading the figures of a season'))")
_CLOCK = text("SELECT clock_timestamp()")
_KEEP = text(
    "INSERT INTO season_summary AS s (area, insured_year, read_at, seconds, body)"
    " VALUES (:area, :year, :at, extract(epoch FROM clock_timestamp() - :at), CAST(:body AS jsonb))"
    " ON CONFLICT (area, insured_year) DO UPDATE SET read_at = excluded.read_at, seconds = excluded.seconds,"
    " body = excluded.body"
)


@dataclass(frozen=True)
class Summary:
    """The figures as of ``at``: ``towns`` and ``funds`` as in a season's report, ``money`` by kind and state, in fen.

    ``goal`` is per cent of the plan, None where none is set; ``old``: whether it is time for new ones.
    """

    at: datetime
    goal: int | None
    towns: list[dict[str, Any]]
    funds: list[dict[str, Any]]
    money: list[dict[str, Any]]
    old: bool

    def total(self, name: str) -> int:
        """The sum of one figure over the towns."""
        return sum(town[name] for town in self.towns)

    def fen(self, what: str, *states: str, name: str = "asked") -> int:
        """The sum over the states of dues, assistance or refunds that are named, all of them where none is."""
        return sum(row[name] for row in self.money if row["what"] == what and (not states or row["state"] in states))


def kept(connection: Connection, area: str, insured_year: int) -> Summary | None:
    """The newest figures; None where none were read yet."""
    row = connection.execute(_KEPT, {"area": area, "year": insured_year}).one_or_none()
    if row is None:
        return None
    return Summary(row.read_at, **row.body, old=row.age > max(FRESH_SECONDS, SHARE * row.seconds))


def renew(engine: Engine, settings: Settings) -> bool:
    """Read the figures and keep them; False where another process is just doing so."""
    area, year = load_areas()[settings.area], settings.insured_year
    with engine.begin() as connection:
        if not connection.execute(_ALONE).scalar_one():
            return False
        at = connection.execute(_CLOCK).scalar_one()
        towns = read_towns(connection, area, year, planned_for(settings))
        body = {
            "goal": area.enrolment_goal.get(year),
            "towns": [asdict(town) | {"rate": town.rate} for town in towns if town.planned or town.enrolled],
            "funds": read_funds(connection, area.code, year),
            "money": [one._asdict() for one in money_by_state(connection, area.code, year)],
        }
        values = {"area": area.code, "year": year, "at": at, "body": orjson.dumps(body).decode()}
        connection.execute(_KEEP, values)
    return True
