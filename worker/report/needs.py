"""What needs a person now: how many of each kind wait, from the tables that hold them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

_OF = {
    "jobs_parked": "SELECT count(*) FROM job WHERE state = 'parked'",
    "jobs_rejected": "SELECT count(*) FROM job WHERE state = 'rejected'",
    "outcomes_unknown": "SELECT count(*) FROM message WHERE answered_at IS NULL AND asked_at IS NULL"
    " AND intended_at < now() - interval '10 minutes'",
    "requests_open": "SELECT count(*) FROM intervention WHERE state = 'requested'",
    "refunds_decided": "SELECT count(*) FROM refund_case WHERE state = 'decided' AND area = :area",
    "refunds_held": "SELECT count(DISTINCT case_id) FROM refund_item WHERE state = 'held' AND area = :area",
    "clawbacks_asked": "SELECT count(*) FROM clawback_request WHERE answer IS NULL AND area = :area",
    "undo_asked": "SELECT count(*) FROM duplicate_case WHERE review = 'asked' AND area = :area",
    "duplicates_open": "SELECT count(*) FROM duplicate_case"
    " WHERE state IN ('undetermined', 'suspected') AND area = :area",
    "rows_quarantined": "SELECT count(*) FROM quarantined_row WHERE state = 'open'",
    "rows_held": "SELECT count(*) FROM held_row WHERE booked_at IS NULL",
    "assistance_held": "SELECT count(*) FROM assistance WHERE state = 'held' AND area = :area",
    "breaks_unowned": "SELECT count(*) FROM break_found WHERE state = 'open' AND owner IS NULL",
}
_NEEDS = text("SELECT " + ", ".join(f"({query}) AS {name}" for name, query in _OF.items()))
_WAITING = text(
    "SELECT id, kind, extract(epoch FROM now() - next_attempt_at)::float AS seconds, waits_for FROM job"
    " WHERE state IN ('ready', 'unknown') AND next_attempt_at <= now() ORDER BY next_attempt_at LIMIT 1"
)
_NEIGHBOURS = text(
    "SELECT neighbour, failures, opened_at, cause, reason, extract(epoch FROM retry_at - now())::float AS wait,"
    " (SELECT count(*) FROM job j WHERE j.waits_for = b.neighbour AND j.state IN ('ready', 'unknown')) AS jobs"
    " FROM breaker b ORDER BY neighbour"
)


def needs(connection: Connection, area: str) -> dict[str, int]:
    """How many of each kind wait for a person, in the order in which they are looked at; one statement."""
    return dict(connection.execute(_NEEDS, {"area": area}).one()._mapping)


def waiting_longest(connection: Connection) -> dict[str, Any] | None:
    """The job that has been due longest: id, kind, ``seconds``, and for which neighbour it waits; None if none is."""
    row = connection.execute(_WAITING).one_or_none()
    return None if row is None else dict(row._mapping)


def neighbours(connection: Connection, names: Sequence[str]) -> list[dict[str, Any]]:
    """These neighbours, each with whether calls go through, since when not, why, and how many jobs wait for it."""
    told = {row.neighbour: dict(row._mapping) for row in connection.execute(_NEIGHBOURS)}
    nothing = {"failures": 0, "opened_at": None, "cause": None, "reason": None, "wait": None, "jobs": 0}
    return [
        {"neighbour": name, **nothing, **told.get(name, {})} for name in [*names, *sorted(told.keys() - set(names))]
    ]
