"""Lists of people who have other cover as well: append-only; the same cover, listed again alike, changes nothing."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.flows.intake import people
from worker.flows.intake.counts import Merged

_ADD = text(
    "WITH news AS (SELECT s.*, known.id AS known_id FROM staged s LEFT JOIN LATERAL"
    "   (SELECT o.id, o.months, o.flexible_employment, o.entitled, o.business_date FROM other_cover o"
    "    WHERE o.person_id = s.person_id AND o.scheme = s.scheme AND o.area = s.area AND o.since = s.since"
    "    ORDER BY o.id DESC LIMIT 1) AS known ON true"
    "  WHERE known.id IS NULL OR (known.business_date <= :day"
    "   AND (known.months, known.flexible_employment, known.entitled)"
    "   IS DISTINCT FROM (s.months, s.flexible_employment, s.entitled))),"
    " added AS (INSERT INTO other_cover (person_id, scheme, area, since, months, flexible_employment, entitled,"
    "  business_date, source_file, recorded_at) SELECT person_id, scheme, area, since, months, flexible_employment,"
    "  entitled, :day, :file, :now FROM news ORDER BY line)"
    " SELECT person_id, scheme, area, since, months, known_id FROM news ORDER BY line"
)


def merge(connection: Connection, day: date, file_id: int, now: datetime) -> Merged:
    """Keep what is news; the `duplicates` tick compares it with who is enrolled here."""
    merged = Merged(refused=people.meet(connection))
    news = connection.execute(_ADD, {"day": day, "file": file_id, "now": now}).all()
    merged.changed = sum(row.known_id is not None for row in news)
    merged.added = len(news) - merged.changed
    merged.events = [
        Event(
            "other_cover.reported",
            row.person_id,
            {name: getattr(row, name) for name in ("scheme", "area", "since", "months")},
        )
        for row in news
    ]
    return merged
