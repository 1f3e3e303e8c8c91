"""Which jobs are meant: by number, kind, state, cause, area, batch, person, and how long ago they came to a stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

STOPPED = ("parked", "rejected")
"""States of jobs that nobody takes up by himself."""

MEANT = (
    "(CAST(:ids AS bigint[]) IS NULL OR j.id = ANY(CAST(:ids AS bigint[])))"
    " AND (CAST(:kind AS text) IS NULL OR j.kind = :kind) AND (CAST(:state AS text) IS NULL OR j.state = :state)"
    " AND (CAST(:area AS text) IS NULL OR j.area = :area)"
    " AND (CAST(:cause AS text) IS NULL OR strpos(lower(concat(j.outcome->>'cause', ' ', j.outcome->>'reason')),"
    "  lower(:cause)) > 0)"
    " AND (CAST(:batch AS text) IS NULL OR j.payload->>'batch' = :batch OR j.key = :batch)"
    " AND (CAST(:older AS float) IS NULL OR coalesce(j.ended_at, j.created_at) <= now() -"
    "  make_interval(secs => :older))"
    " AND (CAST(:younger AS float) IS NULL OR coalesce(j.ended_at, j.created_at) > now() -"
    "  make_interval(secs => :younger))"
    " AND (CAST(:person AS bigint) IS NULL"
    "  OR (j.kind = 'push' AND EXISTS (SELECT FROM unnest(CAST(:dues AS bigint[]), CAST(:batches AS text[]))"
    "   AS d(id, batch) WHERE d.batch = j.payload->>'batch'"
    "   AND d.id BETWEEN (j.payload->>'first')::bigint AND (j.payload->>'last')::bigint))"
    "  OR EXISTS (SELECT FROM unnest(CAST(:dues AS bigint[])) AS d(id) WHERE j.payload->'dues' @> to_jsonb(d.id))"
    "  OR EXISTS (SELECT FROM unnest(CAST(:enrolments AS bigint[])) AS e(id)"
    "   WHERE j.payload->'enrolments' @> to_jsonb(e.id))"
    "  OR (j.kind IN ('disburse', 'refund') AND j.payload->>'batch' = ANY(CAST(:orders AS text[])))"
    "  OR j.payload->>'case' = ANY(CAST(:cases AS text[]))"
    "  OR jsonb_exists_any(j.payload->'cases', CAST(:cases AS text[])))"
)
"""A condition on ``job j``; :meth:`Choice.values` has its parameters."""

_OF_PERSON = text(
    "SELECT ARRAY(SELECT id FROM due WHERE person_id = :person ORDER BY id) AS dues,"
    " ARRAY(SELECT batch FROM due WHERE person_id = :person ORDER BY id) AS batches,"
    " ARRAY(SELECT id FROM enrolment WHERE person_id = :person) AS enrolments,"
    " ARRAY(SELECT d.batch FROM disbursement d LEFT JOIN assistance a ON a.id = d.assistance_id"
    "  LEFT JOIN refund_item i ON i.id = d.refund_item_id WHERE :person IN (a.person_id, i.person_id)"
    "  UNION SELECT batch FROM refund_item WHERE person_id = :person AND batch IS NOT NULL) AS orders,"
    " ARRAY(SELECT case_id FROM handoff WHERE person_id = :person) AS cases"
)
_NOTHING: dict[str, Any] = {"dues": [], "batches": [], "enrolments": [], "orders": [], "cases": []}
_OPEN_MESSAGE = "SELECT FROM message m WHERE m.job_id = j.id AND m.answered_at IS NULL"
_FIND = text(
    "SELECT j.id, j.kind, j.key, j.state, j.attempts, j.area, j.outcome->>'cause' AS cause,"
    f" j.outcome->>'reason' AS reason, EXISTS ({_OPEN_MESSAGE}) AS unanswered,"
    " j.state = 'parked' AND j.outcome->>'cause' IS DISTINCT FROM 'key_conflict'"
    f"  AND EXISTS ({_OPEN_MESSAGE} AND m.asked_at IS NULL) AS unknown"
    f" FROM job j WHERE j.state IN {STOPPED} AND {MEANT} ORDER BY j.id FOR UPDATE OF j"
)
_STATES = text("SELECT id, state FROM job WHERE id = ANY(:ids)")


@dataclass(frozen=True)
class Choice:
    """The jobs to which everything that is given applies.

    ``cause`` is the word or a part of the reason, ``batch`` a batch or a job's whole key, ``person`` the number of a
    person's row, ``older`` and ``younger`` seconds since the job stopped, or since it was called for.
    """

    ids: Sequence[int] | None = None
    kind: str | None = None
    state: str | None = None
    cause: str | None = None
    area: str | None = None
    batch: str | None = None
    person: int | None = None
    older: float | None = None
    younger: float | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing at all was said: all at once is nobody's wish at three in the morning."""
        return not any(vars(self).values())

    def values(self, connection: Connection) -> dict[str, Any]:
        """The parameters of ``MEANT``."""
        of_person = _NOTHING
        if self.person is not None:
            of_person = dict(connection.execute(_OF_PERSON, {"person": self.person}).one()._mapping)
        return vars(self) | {"ids": list(self.ids) if self.ids else None} | of_person


def stopped_jobs(connection: Connection, choice: Choice) -> Sequence[Any]:
    """The stopped jobs that are meant, locked until the end of the transaction.

    ``unanswered``: a message of it left and has no answer; ``unknown``: so nobody knows what became of it, and it was
    not asked for yet.
    """
    return connection.execute(_FIND, choice.values(connection)).all()


def left_alone(connection: Connection, choice: Choice, chosen: Sequence[Any]) -> list[str]:
    """A sentence for each job that was named by its id and is not meant: it is in another state, or there is none."""
    missing = sorted(set(choice.ids or ()) - {row.id for row in chosen})
    states = {row.id: row.state for row in connection.execute(_STATES, {"ids": missing})} if missing else {}
    return [f"job {number} is left alone: {_why(states.get(number))}" for number in missing]


def _why(state: str | None) -> str:
    if state is None:
        return "there is none"
    return "it is none of those described" if state in STOPPED else f"it is {state}"
