"""How the service stands right now, in a few lines."""

from __future__ import annotations

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

_STANDING = (
    ("files taken in", "SELECT count(*) FILTER (WHERE state = 'taken') || ' (' || count(*) FILTER (WHERE state ="
     " 'refused') || ' refused)' FROM intake_file"),
    ("rows quarantined", "SELECT count(*) FROM quarantined_row WHERE state = 'open'"),
    ("people to assess", "SELECT count(*) FROM enrolment WHERE stale"),
    ("dues", "SELECT coalesce(string_agg(state || ' ' || n, ', ' ORDER BY state), 'none') FROM"
     " (SELECT state, count(*) AS n FROM due GROUP BY state) AS s"),
    ("payments", "SELECT count(*) FROM payment"),
    ("assistance", "SELECT coalesce(string_agg(state || ' ' || n, ', ' ORDER BY state), 'none') FROM"
     " (SELECT state, count(*) AS n FROM assistance GROUP BY state) AS s"),
    ("rows of feeds held", "SELECT count(*) FROM held_row"),
    ("breaks open", "SELECT count(*) FROM break_found WHERE state = 'open'"),
    ("jobs", "SELECT coalesce(string_agg(state || ' ' || n, ', ' ORDER BY state), 'none') FROM"
     " (SELECT state, count(*) AS n FROM job GROUP BY state) AS s"),
    ("oldest job waiting", "SELECT coalesce(extract(epoch FROM max(now() - next_attempt_at))::int || ' s', 'none')"
     " FROM job WHERE state IN ('ready', 'unknown') AND next_attempt_at <= now()"),
    ("last sweep", "SELECT coalesce(extract(epoch FROM now() - max(at))::int || ' s ago', 'never') FROM heartbeat"),
)  # fmt: skip


def standing(engine: Engine) -> list[tuple[str, str]]:
    """Names and values; one line that says so while the database does not answer."""
    try:
        with engine.connect() as connection:
            return [(name, str(connection.execute(text(query)).scalar_one())) for name, query in _STANDING]
    except OperationalError:
        return [("database", "does not answer; it is being brought back")]
