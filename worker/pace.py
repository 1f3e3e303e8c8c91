"""A pace before each neighbour, kept by all workers together: so many calls a second, and few slow ones at a time.

A neighbour that takes long over each answer would hold every worker, and lists, payments and pay-outs would wait for
it. While calls of it have lasted long already, further ones are put off, and a call that ends lets the next ones come.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from adapters.gate import Gate, Passage
from adapters.ports import NeighbourError, ShutOff
from config.settings import Neighbour

_LONG = (
    "(SELECT count(*) FROM call WHERE neighbour = :neighbour AND begun_at < now() - make_interval(secs => :slow)"
    " AND begun_at > now() - make_interval(secs => :longest))"
)
_CROWD = text(
    f"SELECT {_LONG} AS long, (SELECT count(*) FROM job WHERE waits_for = :neighbour AND state IN ('ready', 'unknown'))"
    " AS waiting, coalesce((SELECT extract(epoch FROM next_at - clock_timestamp())::float FROM pace"
    "  WHERE neighbour = :neighbour), 0) AS turn"
)
_BEGIN = text(f"INSERT INTO call (neighbour) SELECT :neighbour WHERE {_LONG} < :at_once RETURNING id")
# Whoever died in a call leaves its row; it counts no longer than a call can last, and goes with the next one.
_END = text(
    "WITH gone AS (DELETE FROM call WHERE id = :id OR (neighbour = :neighbour"
    "  AND begun_at < now() - make_interval(secs => :longest)) RETURNING id) SELECT count(*) FROM gone"
)
_TURN = text(
    "INSERT INTO pace AS p (neighbour, next_at) VALUES (:neighbour, clock_timestamp() + make_interval(secs => :gap))"
    " ON CONFLICT (neighbour) DO UPDATE SET next_at = greatest(p.next_at, clock_timestamp())"
    "  + make_interval(secs => :gap) WHERE p.next_at < clock_timestamp() + make_interval(secs => :ahead)"
    " RETURNING greatest(0, extract(epoch FROM next_at - clock_timestamp())::float - :gap)"
)
_NEXT = text(
    "UPDATE job SET next_attempt_at = now() WHERE id IN (SELECT id FROM job WHERE waits_for = :neighbour"
    " AND state IN ('ready', 'unknown') AND next_attempt_at > now() ORDER BY id LIMIT :few FOR UPDATE SKIP LOCKED)"
)
_AHEAD = 1.0
"""Seconds that a worker itself waits for its turn; who would wait longer is put off."""
_FEW = 2
"""How many jobs a call that ends lets come: one in its place, and one more, for some will have gone."""
_LONGEST_WAIT = 300.0


class Crowded(ShutOff):
    """Nobody was asked: the neighbour is slow, or has had its calls of this second."""

    cause = "crowded"


@dataclass(frozen=True)
class Pace:
    """The pace before one neighbour, with the gate behind it; ``call_seconds``: how long one call may take."""

    engine: Engine
    neighbour: str
    settings: Neighbour
    call_seconds: float
    behind: Gate
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def admit(self) -> Passage:
        """Let a call go, at its turn. Raises ``Crowded``, and what the gate behind raises."""
        number = self._one(_BEGIN, at_once=self.settings.slow_calls)
        if number is None:
            raise self._crowded(self.settings.slow_seconds)
        try:
            wait = self._turn()
            passage = self.behind.admit()
        except ShutOff:
            self._one(_END, id=number)
            raise
        if wait:
            self.sleep(wait)
        return passage._replace(call=number, begun=time.monotonic())

    def told(self, passage: Passage, failure: NeighbourError | None) -> None:
        """How the call went. One that was slow, or had to wait for its turn, lets the next ones come."""
        slow = time.monotonic() - passage.begun > self.settings.slow_seconds
        try:
            with self.engine.begin() as connection:
                connection.execute(_END, self._values(id=passage.call))
                if slow or self.settings.calls_per_second:
                    connection.execute(_NEXT, self._values(few=_FEW))
        except SQLAlchemyError:
            pass  # its row counts no longer than a call can last, and the jobs come by themselves
        self.behind.told(passage, failure)

    def look(self) -> None:
        """Look whether a call may go now, and take no turn. Raises ``Crowded``."""
        with self.engine.connect() as connection:
            row = connection.execute(_CROWD, self._values()).one()
        if row.long >= self.settings.slow_calls:
            raise self._crowded(self.settings.slow_seconds, row.waiting)
        if row.turn > _AHEAD:
            raise self._crowded(row.turn, row.waiting)

    def _turn(self) -> float:
        """Seconds until this call may go. Raises ``Crowded`` where a worker is not to wait so long."""
        if not self.settings.calls_per_second:
            return 0.0
        wait = self._one(_TURN, gap=1 / self.settings.calls_per_second, ahead=_AHEAD)
        if wait is None:
            raise self._crowded(_AHEAD)
        return float(wait)

    def _crowded(self, seconds: float, waiting: int = 0) -> Crowded:
        """The more wait already, the later this one comes by itself: ten thousand do not all ask every second."""
        later = min(_LONGEST_WAIT, seconds * (1 + self.chance() + waiting / 50))
        crowded = Crowded(f"{self.neighbour} is slow or has had its calls for now, and others are under way", later)
        crowded.neighbour = self.neighbour
        return crowded

    def _one(self, statement: Any, **more: Any) -> Any:
        with self.engine.begin() as connection:
            return connection.execute(statement, self._values(**more)).scalar_one_or_none()

    def _values(self, **more: Any) -> dict[str, Any]:
        return {
            "neighbour": self.neighbour, "slow": self.settings.slow_seconds, "longest": self.call_seconds, **more
        }  # fmt: skip
