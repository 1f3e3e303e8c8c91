"""Which log lines are meant, and which jobs belong to a person, a batch or a file, as the database alone knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from worker.database.work import JOB_STATES
from worker.jobs.choice import Choice
from worker.jobs.listing import list_jobs
from worker.logs.lines import Line

LEVELS = ("debug", "info", "warning", "error", "critical")
_MANY = 1_000_000
_OF_PERSON = text(
    "SELECT DISTINCT (s.origin::jsonb->>'job')::bigint FROM audit_event e JOIN audit_segment s USING (chain, segment)"
    " WHERE e.person_id = :person"
)
_OF_BATCH = text("SELECT DISTINCT (origin::jsonb->>'job')::bigint FROM audit_segment WHERE batch = :batch")
_OF_FILE = text(
    "SELECT id FROM job WHERE kind = 'intake' AND strpos(key, :file) > 0"
    " UNION SELECT (origin::jsonb->>'job')::bigint FROM audit_segment WHERE strpos(batch, :file) > 0"
)


@dataclass(frozen=True)
class Meant:
    """Everything that is given applies together; ``since`` and ``until`` are ISO 8601 in UTC, as lines have them."""

    jobs: frozenset[int] | None = None
    kind: str | None = None
    level: str | None = None
    event: str | None = None
    process: str | None = None
    since: str | None = None
    until: str | None = None

    def __call__(self, line: Line) -> bool:
        """Whether the line is meant."""
        told: dict[str, Any] = {"kind": self.kind, "event": self.event, "process": self.process}
        if any(wanted is not None and line.get(name) != wanted for name, wanted in told.items()):
            return False
        if self.jobs is not None and line.get("job") not in self.jobs:
            return False
        if self.level is not None and _rank(line.get("level")) < _rank(self.level):
            return False
        at: str = line["timestamp"]
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)


def jobs_of(
    connection: Connection, person: int | None = None, batch: str | None = None, file: str | None = None
) -> frozenset[int] | None:
    """The jobs about a person, of a batch and of files with this in their name; None where none of these is given.

    Those that wrote an event of it, and those that were called for it and may not have got so far.
    """
    found: list[set[int]] = []
    if person is not None:
        found.append(_ids(connection, _OF_PERSON, person=person) | _called(connection, Choice(person=person)))
    if batch is not None:
        found.append(_ids(connection, _OF_BATCH, batch=batch) | _called(connection, Choice(batch=batch)))
    if file is not None:
        found.append(_ids(connection, _OF_FILE, file=file))
    return frozenset.intersection(*map(frozenset, found)) if found else None


def _ids(connection: Connection, query: Any, **values: Any) -> set[int]:
    return {row[0] for row in connection.execute(query, values) if row[0] is not None}


def _called(connection: Connection, choice: Choice) -> set[int]:
    return {row["id"] for row in list_jobs(connection, choice, _MANY, JOB_STATES)}


def _rank(level: Any) -> int:
    return LEVELS.index(level) if level in LEVELS else 1
