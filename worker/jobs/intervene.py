"""What people do with jobs that came to a stop: replay them, discard them, or ask what became of their messages.

A replay is as safe as the first run: what has left for a neighbour is asked for by its key before anything is sent
again (``worker.exchange``), and every flow looks at what is there before it writes. A job whose outcome is unknown is
neither replayed nor discarded before it was asked for. More than a few replays, and every discarding, are asked for by
one person and confirmed by another; the database refuses the rest, whoever asks (0001_failures.sql).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, text

from worker.audit.log import AuditLog, Event, Origin
from worker.clock import Clock
from worker.database.arrays import array
from worker.jobs.choice import Choice, stopped_jobs
from worker.second_person import same_person

Action = Literal["replay", "discard", "ask"]

_REQUEST = text(
    "INSERT INTO intervention (action, job_count, alone, per_minute, reason, requested_by)"
    " VALUES (:action, :count, :alone, :per_minute, :reason, :by) RETURNING id"
)
_NAME = text("INSERT INTO intervention_job SELECT :id, unnest(CAST(:jobs AS bigint[]))")
_LOCK = text("SELECT * FROM intervention WHERE id = :id FOR UPDATE")
_NAMED = text("SELECT job_id FROM intervention_job WHERE intervention_id = :id ORDER BY job_id")
_CLOSE = text(
    "UPDATE intervention SET state = :state, confirmed_by = :by, answer = :answer, closed_at = now() WHERE id = :id"
)
_AGAIN = text(
    "UPDATE job SET state = CASE WHEN :asks THEN 'unknown' ELSE 'ready' END, asks = :asks, attempts = 0, delays = 0,"
    " next_attempt_at = now() + make_interval(secs => n.place * :gap), nudged_at = now(), ended_at = NULL"
    " FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM unnest(CAST(:ids AS bigint[])) AS u(id)) AS n"
    " WHERE job.id = n.id RETURNING job.id, n.place * :gap = 0 AS due"
)
_DISCARD = text("UPDATE job SET state = 'discarded', ended_at = now() WHERE id = ANY(CAST(:ids AS bigint[]))")
_TO_ASK_AGAIN = text("UPDATE message SET asked_at = NULL WHERE job_id = ANY(CAST(:ids AS bigint[]))")
_HURRY = text(
    "WITH found AS (SELECT id, area, state IN ('ready', 'unknown') AS waits FROM job WHERE id = :id FOR UPDATE), moved"
    " AS (UPDATE job SET next_attempt_at = now() FROM found WHERE job.id = found.id AND found.waits RETURNING job.id)"
    " SELECT area, waits AS hurried FROM found LEFT JOIN moved ON moved.id = found.id"
)
_WORDS = {"replay": "replayed", "discard": "discarded", "ask": "asked"}


class NotPossible(Exception):
    """An intervention that cannot be answered so: a sentence that says why."""


@dataclass(frozen=True)
class Plan:
    """What an action would do to the stopped jobs that are meant."""

    action: Action
    jobs: Sequence[Any]
    unknown: Sequence[Any]
    """Left alone: nobody knows what became of their messages, so they are asked about first."""
    silent: Sequence[Any]
    """Left alone by ``ask``: they have no message without an answer."""

    def needs_second(self, alone: int) -> bool:
        """Whether a second person has to confirm; one alone may replay up to ``alone`` jobs."""
        return self.action == "discard" or (self.action == "replay" and len(self.jobs) > alone)


@dataclass(frozen=True)
class Carried:
    """What was done: the jobs, those of them that are due at once, and how many were left alone since they changed."""

    jobs: list[Any]
    due: list[int]
    left_alone: int


@dataclass(frozen=True)
class Desk:
    """Where interventions are taken down: the audit log, the clock, and who stands at it.

    ``by`` is the name given, ``account`` that of the account at the machine.
    """

    audit: AuditLog
    clock: Clock
    by: str
    account: str

    def request(
        self, connection: Connection, plan: Plan, reason: str, alone: int, per_minute: int | None = None
    ) -> tuple[int, Carried | None]:
        """Take the plan down under a number; carry it out at once where no second person is needed."""
        values = {"action": plan.action, "count": len(plan.jobs), "alone": alone, "per_minute": per_minute}
        number: int = connection.execute(_REQUEST, values | {"reason": reason, "by": self.by}).scalar_one()
        connection.execute(_NAME, {"id": number, "jobs": array(row.id for row in plan.jobs)})
        if not plan.needs_second(alone):
            return number, self._carry_out(connection, number, plan, None)
        facts = {"intervention": number, "jobs": len(plan.jobs), "reason": reason, "account": self.account}
        self._record(connection, f"jobs.{plan.action}_requested", {"house": facts})
        return number, None

    def confirm(self, connection: Connection, number: int) -> Carried:
        """Carry out what another person has asked for. Raises ``NotPossible``."""
        asked = self._of_another(connection, number, "confirms")
        ids = list(connection.execute(_NAMED, {"id": number}).scalars())
        return self._carry_out(connection, number, plan_for(connection, Choice(ids), asked.action), self.by, len(ids))

    def decline(self, connection: Connection, number: int, answer: str) -> None:
        """Turn down what another person has asked for, or take back what one has asked for oneself.

        Raises ``NotPossible``.
        """
        asked = _open(connection, number)
        by = None if same_person(asked.requested_by, self.by) else self.by
        connection.execute(_CLOSE, {"id": number, "state": "declined", "by": by, "answer": answer})
        facts = {"intervention": number, "reason": answer, "account": self.account}
        self._record(connection, f"jobs.{asked.action}_declined", {"house": facts})

    def hurry(self, connection: Connection, job: int) -> bool | None:
        """Let a job that waits come at once: one whose message has no answer asks by key before it sends anything.

        False where it is not waiting by itself, None where there is none.
        """
        row = connection.execute(_HURRY, {"id": job}).one_or_none()
        if row is None:
            return None
        if row.hurried:
            self._record(connection, "jobs.hurried", {row.area or "house": {"jobs": [job], "account": self.account}})
        return bool(row.hurried)

    def _of_another(self, connection: Connection, number: int, does: str) -> Any:
        asked = _open(connection, number)
        if same_person(asked.requested_by, self.by):
            raise NotPossible(f"request {number} is {asked.requested_by}'s own: another person {does} it")
        return asked

    def _carry_out(
        self, connection: Connection, number: int, plan: Plan, confirmed_by: str | None, named: int | None = None
    ) -> Carried:
        """Change the jobs in one statement, and record an event for each area with their numbers and the reason."""
        connection.execute(_CLOSE, {"id": number, "state": "carried_out", "by": confirmed_by, "answer": None})
        asked = connection.execute(_LOCK, {"id": number}).one()
        values: dict[str, Any] = {"ids": array(row.id for row in plan.jobs)}
        due: list[int] = []
        if plan.action == "discard":
            connection.execute(_DISCARD, values)
        else:
            gap = 60.0 / asked.per_minute if asked.per_minute else 0.0
            rows = connection.execute(_AGAIN, values | {"asks": plan.action == "ask", "gap": gap})
            due = sorted(row.id for row in rows if row.due)
            connection.execute(_TO_ASK_AGAIN, values)
        self._record(connection, f"jobs.{_WORDS[plan.action]}", self._facts(asked, plan))
        return Carried(list(plan.jobs), due, (len(plan.jobs) if named is None else named) - len(plan.jobs))

    def _facts(self, asked: Any, plan: Plan) -> dict[str, dict[str, Any]]:
        """The facts of the event of each chain."""
        shared = {"intervention": asked.id, "reason": asked.reason, "account": self.account}
        shared |= {"requested_by": asked.requested_by, "confirmed_by": asked.confirmed_by}
        by_chain: dict[str, list[Any]] = {}
        for row in plan.jobs:
            by_chain.setdefault(row.area or "house", []).append(row)
        return {
            chain: shared | {"jobs": [row.id for row in rows], "kinds": sorted({row.kind for row in rows})}
            for chain, rows in sorted(by_chain.items())
        }

    def _record(self, connection: Connection, action: str, facts: dict[str, dict[str, Any]]) -> None:
        today, now = self.clock.today(), self.clock.now()
        for chain, said in facts.items():
            self.audit.record(connection, Origin(f"operator:{self.by}", chain, today), [Event(action, None, said)], now)


def plan_for(connection: Connection, choice: Choice, action: Action) -> Plan:
    """What the action would do to the stopped jobs that are meant; they are locked until the end of the transaction."""
    chosen = stopped_jobs(connection, choice)
    if action == "ask":
        return Plan(action, [r for r in chosen if r.unanswered], [], [r for r in chosen if not r.unanswered])
    return Plan(action, [r for r in chosen if not r.unknown], [r for r in chosen if r.unknown], [])


def _open(connection: Connection, number: int) -> Any:
    asked = connection.execute(_LOCK, {"id": number}).one_or_none()
    if asked is None:
        raise NotPossible(f"there is no request {number}: `levy jobs requests` lists them")
    if asked.state != "requested":
        raise NotPossible(f"request {number} was {asked.state.replace('_', ' ')} already")
    return asked
