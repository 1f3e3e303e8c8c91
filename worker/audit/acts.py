"""What one person did, from the audit log: the events of their newest transactions."""

from __future__ import annotations

from worker.database.evidence import BY_PEOPLE

ACTS = (
    "SELECT s.recorded_at, e.chain || ' ' || e.position AS event, e.action, e.facts::jsonb AS facts"
    ", e.person_id, p.person_no FROM (SELECT chain, segment, recorded_at FROM audit_segment"
    f"  WHERE ({BY_PEOPLE}) AND origin::jsonb->>'actor' = ANY(:actors) ORDER BY recorded_at DESC LIMIT 200) AS s"
    " JOIN audit_event e ON e.chain = s.chain AND e.segment = s.segment LEFT JOIN person p ON p.id = e.person_id"
)
"""Their newest acts, as SQL: when, where in the log, what, about whom, the facts; ``actors`` as :func:`actors` says."""


def actors(login: str) -> list[str]:
    """An account in each capacity in which it acts."""
    return [f"{capacity}:{login}" for capacity in ("operator", "clerk")]
