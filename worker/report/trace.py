"""The way of a file, or of one person: from the rows that were taken in to the last fen, by jobs and batches."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, text

_NAMED = ("enrolment", "identity_flag", "bank_account", "application")
_OF_FILES = " UNION ".join(f"SELECT person_id FROM {table} WHERE source_file = ANY(:files)" for table in _NAMED)
_FILES = text("SELECT id FROM intake_file WHERE strpos(name, :file) > 0 OR id::text = :file")
_FILES_OF_PERSON = text(
    " UNION ".join(f"SELECT source_file FROM {table} WHERE person_id = :person" for table in _NAMED)
)
_TAKEN = text(
    "SELECT f.id, f.name, f.kind, f.business_date, f.state, f.rows_read, f.rows_added, f.rows_changed,"
    " f.rows_unchanged, f.rows_quarantined, (SELECT count(*) FROM quarantined_row q WHERE q.file_id = f.id"
    "  AND q.state = 'open') AS open, ARRAY(SELECT DISTINCT (s.origin::jsonb->>'job')::bigint FROM audit_segment s"
    "  WHERE s.batch = f.name AND s.origin::jsonb->>'job' IS NOT NULL ORDER BY 1) AS jobs"
    " FROM intake_file f WHERE f.id = ANY(:files) ORDER BY f.id"
)
_STEPS = (
    "SELECT action AS step, count(*) AS items, count(DISTINCT person_id) AS people, sum(amount)::bigint AS fen,"
    " min(day) AS first, max(day) AS last, array_agg(DISTINCT batch) FILTER (WHERE batch IS NOT NULL) AS batches,"
    " array_agg(DISTINCT job) FILTER (WHERE job IS NOT NULL) AS jobs FROM (SELECT e.action, e.person_id, s.batch,"
    "  s.recorded_at, (s.origin::jsonb->>'job')::bigint AS job, (s.origin::jsonb->>'business_date')::date AS day,"
    "  CASE WHEN jsonb_typeof(e.facts::jsonb->'amount') = 'number' THEN (e.facts::jsonb->>'amount')::bigint END"
    "   AS amount FROM audit_event e JOIN audit_segment s USING (chain, segment) WHERE e.person_id IN ({people})"
    " ) AS told GROUP BY action ORDER BY min(recorded_at), action"
)
_ORDERS = (
    "SELECT 'order.' || d.state AS step, count(*) AS items, count(DISTINCT coalesce(a.person_id, i.person_id)) AS"
    " people, sum(coalesce(a.amount, i.amount))::bigint AS fen, min(coalesce(a.granted_on, d.settled_on)) AS first,"
    " max(d.settled_on) AS last, array_agg(DISTINCT d.batch) AS batches, (SELECT array_agg(j.id ORDER BY j.id)"
    "  FROM job j WHERE j.kind = 'disburse' AND j.payload->>'batch' = ANY(array_agg(DISTINCT d.batch))) AS jobs"
    " FROM disbursement d LEFT JOIN assistance a ON a.id = d.assistance_id LEFT JOIN refund_item i"
    " ON i.id = d.refund_item_id WHERE coalesce(a.person_id, i.person_id) IN ({people}) GROUP BY d.state ORDER BY 1"
)


class Trace(NamedTuple):
    """Files as they were taken in, and each step of the people they name: how many, fen, days, batches, jobs.

    The last steps (``order.paid``...) are orders to the treasury by how they stand.
    """

    files: list[dict[str, Any]]
    steps: list[dict[str, Any]]


def trace(connection: Connection, file: str | None = None, person: int | None = None) -> Trace | None:
    """The trace of files with ``file`` in their name (or as their number), or of one person; None where there is none.

    With both: of the person, and of these files only.
    """
    values: dict[str, Any] = {"file": file, "person": person}
    files = set(connection.execute(_FILES, values).scalars()) if file is not None else None
    if person is not None:
        theirs = set(connection.execute(_FILES_OF_PERSON, values).scalars())
        files = theirs if files is None else files & theirs
    if not files:
        return None
    values["files"] = sorted(files)
    people = _OF_FILES if person is None else "SELECT CAST(:person AS bigint)"
    steps = [
        dict(row._mapping)
        for query in (_STEPS, _ORDERS)
        for row in connection.execute(text(query.format(people=people)), values)
    ]
    return Trace([dict(row._mapping) for row in connection.execute(_TAKEN, values)], steps)
