"""Applications for assistance: append-only; the same application, listed again, changes nothing."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.flows.intake import people
from worker.flows.intake.counts import Merged

_ADD = text(
    "INSERT INTO application (person_id, insured_year, area, category, applied_on, business_date, source_file,"
    " recorded_at) SELECT person_id, insured_year, area, category, applied_on, :day, :file, :now FROM staged"
    " ORDER BY line ON CONFLICT (person_id, insured_year, area, category, applied_on) DO NOTHING"
    " RETURNING person_id, insured_year, area, category, applied_on"
)


def merge(connection: Connection, day: date, file_id: int, now: datetime) -> Merged:
    """Bring what is staged into persons and applications; who has applied is assessed again."""
    merged = Merged(refused=people.meet(connection))
    news = connection.execute(_ADD, {"day": day, "file": file_id, "now": now}).all()
    people.mark_stale(connection, sorted({row.person_id for row in news}))
    merged.added = len(news)
    merged.events = [
        Event(
            "application.received",
            row.person_id,
            {name: getattr(row, name) for name in ("insured_year", "area", "category", "applied_on")},
        )
        for row in news
    ]
    return merged
