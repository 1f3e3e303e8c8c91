"""Jobs that came to a stop, taken up again or laid aside by a person, with a reason that is kept.

A replay is as safe as the first run: what has left for a neighbour is asked for by its key before anything is sent
again (``worker.exchange``), and every flow looks at what is there before it writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, text

from worker.audit.log import AuditLog, Event, Origin
from worker.clock import Clock

STOPPED = ("parked", "rejected")
"""States of jobs that nobody takes up by himself; all others are none of a person's business."""

_MEANT = (
    "(CAST(:ids AS bigint[]) IS NULL OR id = ANY(:ids)) AND (CAST(:kind AS text) IS NULL OR kind = :kind)"
    " AND (CAST(:state AS text) IS NULL OR state = :state) AND (CAST(:area AS text) IS NULL OR area = :area)"
    " AND (CAST(:cause AS text) IS NULL OR strpos(lower(concat(outcome->>'cause', ' ', outcome->>'reason')),"
    "  lower(:cause)) > 0)"
)
_FIND = text(
    "SELECT id, kind, key, state, attempts, area, outcome->>'reason' AS reason FROM job"
    f" WHERE state IN {STOPPED} AND {_MEANT} ORDER BY id FOR UPDATE"
)
_REPLAY = text(
    "UPDATE job SET state = 'ready', attempts = 0, next_attempt_at = now(), lease_until = NULL, ended_at = NULL"
    f" WHERE id = ANY(:ids) AND state IN {STOPPED} RETURNING id"
)
_DISCARD = text(
    "UPDATE job SET state = 'discarded', lease_until = NULL, ended_at = now()"
    f" WHERE id = ANY(:ids) AND state IN {STOPPED} RETURNING id"
)
_STATES = text("SELECT id, state FROM job WHERE id = ANY(:ids)")


@dataclass(frozen=True)
class Choice:
    """Which stopped jobs are meant: those to which everything that is given applies. ``cause`` is a part of the reason.

    At least one must be given: all at once is nobody's wish at three in the morning.
    """

    ids: Sequence[int] | None = None
    kind: str | None = None
    state: Literal["parked", "rejected"] | None = None
    cause: str | None = None
    area: str | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing at all was said."""
        return not any(vars(self).values())


def stopped_jobs(connection: Connection, choice: Choice) -> Sequence[Any]:
    """The stopped jobs that are meant, locked until the end of the transaction."""
    values = vars(choice) | {"ids": list(choice.ids) if choice.ids else None}
    return connection.execute(_FIND, values).all()


def left_alone(connection: Connection, choice: Choice, chosen: Sequence[Any]) -> list[str]:
    """A sentence for each job that was named by its id and is not meant: it is in another state, or there is none."""
    missing = sorted(set(choice.ids or ()) - {row.id for row in chosen})
    states = {row.id: row.state for row in connection.execute(_STATES, {"ids": missing})}
    return [f"job {number} is left alone: {_why(states.get(number))}" for number in missing]


def _why(state: str | None) -> str:
    if state is None:
        return "there is none"
    return "it is none of those described" if state in STOPPED else f"it is {state}"


def replay(
    connection: Connection, audit: AuditLog, clock: Clock, actor: str, chosen: Sequence[Any], reason: str
) -> int:
    """Make the jobs ready, with all attempts before them. Nobody is nudged: the next sweep finds them."""
    return _act(connection, audit, clock, _REPLAY, ("jobs.replayed", actor, reason), chosen)


def discard(
    connection: Connection, audit: AuditLog, clock: Clock, actor: str, chosen: Sequence[Any], reason: str
) -> int:
    """Lay the jobs aside for good; what they were about stays as it is."""
    return _act(connection, audit, clock, _DISCARD, ("jobs.discarded", actor, reason), chosen)


def _act(
    connection: Connection,
    audit: AuditLog,
    clock: Clock,
    statement: Any,
    act: tuple[str, str, str],
    chosen: Sequence[Any],
) -> int:
    """Change the jobs in one statement, and record an event for each area with their ids and the reason."""
    action, actor, reason = act
    done = set(connection.execute(statement, {"ids": [row.id for row in chosen]}).scalars())
    for chain in sorted({row.area or "house" for row in chosen if row.id in done}):
        ids = [row.id for row in chosen if row.id in done and (row.area or "house") == chain]
        kinds = sorted({row.kind for row in chosen if row.id in set(ids)})
        event = Event(action, None, {"jobs": ids, "kinds": kinds, "reason": reason})
        audit.record(connection, Origin(actor, chain, clock.today()), [event], clock.now())
    return len(done)
