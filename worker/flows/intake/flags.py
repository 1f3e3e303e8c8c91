"""Identity flags: append-only; a row that says something new about a known recognition adds to it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.flows.intake import people
from worker.flows.intake.counts import Merged

_ADD = text(
    "WITH news AS (SELECT s.person_id, s.category, s.area, s.recognised_on, s.revoked_on, known.id AS known,"
    "  known.revoked_on AS revoked_before FROM staged s LEFT JOIN LATERAL"
    "   (SELECT f.id, f.revoked_on, f.business_date FROM identity_flag f WHERE s.known AND f.person_id = s.person_id"
    "   AND f.category = s.category AND f.area = s.area AND f.recognised_on = s.recognised_on"
    "   ORDER BY f.id DESC LIMIT 1) AS known ON true"
    "  WHERE known.id IS NULL OR (known.revoked_on IS DISTINCT FROM s.revoked_on AND known.business_date <= :day)),"
    " added AS (INSERT INTO identity_flag (person_id, category, area, recognised_on, revoked_on, business_date,"
    "  source_file, recorded_at) SELECT person_id, category, area, recognised_on, revoked_on, :day, :file, :now"
    "  FROM news ORDER BY person_id)"
    " SELECT * FROM news ORDER BY person_id"
)


def merge(connection: Connection, day: date, file_id: int, now: datetime) -> Merged:
    """Bring what is staged into persons and flags; who has news is assessed again."""
    merged = Merged(refused=people.meet(connection))
    news = connection.execute(_ADD, {"day": day, "file": file_id, "now": now}).all()
    people.mark_stale(connection, sorted({row.person_id for row in news}))
    changed = [row for row in news if row.known is not None]
    merged.changed = len(changed)
    merged.added = len(news) - len(changed)
    merged.events = [
        Event(
            "flag.changed",
            row.person_id,
            {
                "category": row.category,
                "area": row.area,
                "recognised_on": row.recognised_on,
                "revoked_on": {"before": row.revoked_before, "after": row.revoked_on},
            },
        )
        for row in changed
    ]
    return merged
