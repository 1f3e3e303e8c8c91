"""A round that a person asks for, on a page or by ``levy sync``: one at a time, with who asked and how far it is.

Whoever began it does it; that it is under way is renewed while it is, so that one whose process went is soon over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from config.settings import Schedule
from worker.audit.log import Event, Origin
from worker.house import House
from worker.jobs.run import Nudge
from worker.rounds import PHASES, NobodyWorks, NotAtRest, Patience, run_round

IDLE_SECONDS = 15.0
TICKS = tuple(Schedule.model_fields)
_ALIVE = "now() + interval '60 s'"
_ALONE = text("LOCK TABLE asked_round IN SHARE ROW EXCLUSIVE MODE")
_NEWEST = text(
    "SELECT *, ended_at IS NULL AND alive_until > now() AS under_way, extract(epoch FROM coalesce(ended_at, now()) -"
    " asked_at)::float AS took FROM asked_round ORDER BY id DESC LIMIT 1"
)
_BEGIN = text(
    "INSERT INTO asked_round (asked_by, business_date, ticks, alive_until)"
    f" VALUES (:by, :today, CAST(:ticks AS text[]), {_ALIVE}) RETURNING id"
)
_KEEP = text(f"UPDATE asked_round SET alive_until = {_ALIVE} WHERE id = :id")
_END = text("UPDATE asked_round SET ended_at = now(), failed = :failed WHERE id = :id")
_JOBS = text(
    "SELECT s.name, j.id, j.state FROM unnest(CAST(:ticks AS text[])) WITH ORDINALITY AS s(name, at)"
    " LEFT JOIN job j ON j.kind = 'tick.' || s.name AND j.key = :key ORDER BY s.at"
)


class RoundRefused(Exception):
    """A round is not begun; the sentence says why."""


@dataclass
class Kept(Patience):
    """Patience that says, each time it looks, that the round with this number is still under way."""

    number: int = 0

    def look(self, connection: Connection) -> None:
        """Renew it, then look. Raises ``NobodyWorks``."""
        connection.execute(_KEEP, {"id": self.number})
        super().look(connection)


@dataclass(frozen=True)
class Begun:
    """A round that was begun: its number, its day, its ticks by phase, and who asked."""

    number: int
    today: date
    phases: Sequence[Sequence[str]]
    by: str


def begin_round(house: House, by: str, ticks: Sequence[str] = ()) -> Begun:
    """Begin a round of these ticks, all of ``PHASES`` where none is named; that it was asked for is an event.

    Raises ``RoundRefused`` while another is under way, and for what is no tick.
    """
    if unknown := sorted(set(ticks) - set(TICKS)):
        raise RoundRefused(f"there is no scheduled work {', '.join(unknown)}: it is one of {', '.join(TICKS)}")
    phases, today = ([list(ticks)] if ticks else PHASES), house.clock.today()
    named = [name for phase in phases for name in phase]
    with house.engine.begin() as connection:
        connection.execute(_ALONE)
        if (newest := newest_round(connection)) and newest["under_way"]:
            raise RoundRefused(f"a round that {newest['asked_by']} asked for is under way: wait until it is done")
        number = int(connection.execute(_BEGIN, {"by": by, "today": today, "ticks": named}).scalar_one())
        _tell(house, connection, by, today, Event("round.asked", None, {"round": number, "ticks": named}))
    return Begun(number, today, phases, by)


def do_round(house: House, nudge: Nudge, begun: Begun, timeout_seconds: float = 600.0) -> float:
    """Do a round that was begun; returns the seconds it took, and how it ended is an event.

    Raises ``NotAtRest`` and ``NobodyWorks``; the jobs that were called for stay.
    """
    failed: str | None = "it was broken off"
    patience = Kept(IDLE_SECONDS, number=begun.number)
    try:
        took = run_round(
            house.engine, nudge, house.settings.area, begun.today, begun.phases, timeout_seconds, patience,
            _key(begun.number),
        )  # fmt: skip
        failed = None
        return took
    except (NotAtRest, NobodyWorks) as error:
        failed = str(error)
        raise
    finally:
        with house.engine.begin() as connection:
            connection.execute(_END, {"id": begun.number, "failed": failed})
            facts = {"round": begun.number, "reason": failed}
            _tell(house, connection, begun.by, begun.today, Event("round.ended", None, facts))


def newest_round(connection: Connection) -> dict[str, Any] | None:
    """The round that was asked for last, with ``under_way`` and ``took`` in seconds; None where none ever was."""
    row = connection.execute(_NEWEST).one_or_none()
    return None if row is None else dict(row._mapping)


def jobs_of_round(connection: Connection, one: dict[str, Any]) -> list[dict[str, Any]]:
    """Its ticks in their order, each with the job and its state, null where it was not called for yet."""
    values = {"ticks": one["ticks"], "key": _key(one["id"])}
    return [dict(row._mapping) for row in connection.execute(_JOBS, values)]


def _key(number: int) -> str:
    return f"round-{number}"


def _tell(house: House, connection: Connection, by: str, today: date, event: Event) -> None:
    house.audit.record(connection, Origin(f"operator:{by}", house.settings.area, today), [event], house.clock.now())
