"""How the service stands right now, in a few lines."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

_STANDING = (
    ("held", "SELECT CASE WHEN EXISTS (SELECT FROM restore WHERE released_at IS NULL) THEN 'since a restore: `levy"
     " restore look`' ELSE 'no' END"),
    ("files taken in", "SELECT count(*) FILTER (WHERE state = 'taken') || ' (' || count(*) FILTER (WHERE state ="
     " 'refused') || ' refused)' FROM intake_file"),
    ("rows quarantined", "SELECT count(*) FROM quarantined_row WHERE state = 'open'"),
    ("people to assess", "SELECT count(*) FROM enrolment WHERE stale AND closed_because IS NULL"),
    ("dues", "SELECT coalesce(string_agg(state || ' ' || n, ', ' ORDER BY state), 'none') FROM"
     " (SELECT state, count(*) AS n FROM due GROUP BY state) AS s"),
    ("payments", "SELECT count(*) FROM payment"),
    ("assistance", "SELECT coalesce(string_agg(state || ' ' || n, ', ' ORDER BY state), 'none') FROM"
     " (SELECT state, count(*) AS n FROM assistance GROUP BY state) AS s"),
    ("refunds", "SELECT coalesce(string_agg(state || ' ' || n, ', ' ORDER BY state), 'none') FROM"
     " (SELECT state, count(*) AS n FROM refund_case GROUP BY state) AS s"),
    ("duplicates open", "SELECT count(*) FROM duplicate_case WHERE state <> 'resolved'"),
    ("rows of feeds held", "SELECT count(*) FROM held_row WHERE booked_at IS NULL"),
    ("breaks open", "SELECT count(*) FROM break_found WHERE state = 'open'"),
    ("jobs", "SELECT coalesce(string_agg(state || ' ' || n, ', ' ORDER BY state), 'none') FROM"
     " (SELECT state, count(*) AS n FROM job GROUP BY state) AS s"),
    ("oldest job waiting", "SELECT coalesce(extract(epoch FROM max(now() - next_attempt_at))::int || ' s', 'none')"
     " FROM job WHERE state IN ('ready', 'unknown') AND next_attempt_at <= now()"),
)  # fmt: skip
_UNDONE = text(
    "SELECT state, kind, count(*) AS n, mode() WITHIN GROUP (ORDER BY outcome->>'reason') AS reason FROM job"
    " WHERE state NOT IN ('done', 'discarded') GROUP BY state, kind"
    " ORDER BY array_position(ARRAY['running', 'ready', 'unknown', 'parked', 'rejected'], state), n DESC, kind"
)
_ANSWERED = text(
    "SELECT max(ended_at) FILTER (WHERE kind = 'tick.pull_payments') AS tax,"
    " max(ended_at) FILTER (WHERE kind = 'tick.pull_results') AS treasury, now() AS now"
    " FROM job WHERE kind IN ('tick.pull_payments', 'tick.pull_results') AND state = 'done'"
)
_BREAKERS = text(
    "SELECT b.neighbour, b.failures, b.reason, extract(epoch FROM now() - b.opened_at)::float AS age,"
    " extract(epoch FROM b.retry_at - now())::float AS wait, (SELECT count(*) FROM job j"
    "  WHERE j.waits_for = b.neighbour AND j.state IN ('ready', 'unknown')) AS jobs"
    " FROM breaker b WHERE b.opened_at IS NOT NULL ORDER BY b.neighbour"
)
_SWEPT = text("SELECT extract(epoch FROM now() - max(at))::float FROM heartbeat")
_PERIODS = 3


def standing(engine: Engine) -> list[tuple[str, str]]:
    """Names and values for a view that goes on; one line that says so while the database does not answer."""
    try:
        with engine.connect() as connection:
            age = connection.execute(_SWEPT).scalar_one()
            return [*_books(connection), ("last sweep", "never" if age is None else _ago(age))]
    except OperationalError:
        return [("database", "does not answer")]


def whole_standing(connection: Connection, sweep_seconds: float) -> list[tuple[str, str]]:
    """Names and values: the books, the work that is not done with its most frequent reason, workers and neighbours.

    ``sweep_seconds`` is how often beat asks for a sweep.
    """
    workers = ("workers", _workers(connection, sweep_seconds))
    shut = [(f"{neighbour} is left in peace", sentence) for neighbour, sentence in breakers(connection)]
    return [*_books(connection), *_undone(connection), *_neighbours(connection), *shut, workers]


def breakers(connection: Connection) -> list[tuple[str, str]]:
    """Neighbours that no call goes to for now, each with a sentence: since when, why, when it is tried again."""
    return [
        (
            row.neighbour,
            f"for {_ago(row.age).removesuffix(' ago')}, after {row.failures:,} failures in a row;"
            f" {f'the next probe goes in {row.wait:.0f} s' if row.wait > 0 else 'the next call is a probe'},"
            f" {row.jobs:,} jobs wait and lose no attempt. Last: {row.reason}",
        )
        for row in connection.execute(_BREAKERS)
    ]


def swept_ago(connection: Connection) -> float | None:
    """Seconds since the last sweep, which needs beat and a worker; None where there was none yet."""
    age: float | None = connection.execute(_SWEPT).scalar_one()
    return age


def _books(connection: Connection) -> list[tuple[str, str]]:
    return [(name, str(connection.execute(text(query)).scalar_one())) for name, query in _STANDING]


def _undone(connection: Connection) -> list[tuple[str, str]]:
    return [
        (row.state, f"{row.kind} {row.n:,}{f'  {row.reason}' if row.reason else ''}")
        for row in connection.execute(_UNDONE)
    ]


def _neighbours(connection: Connection) -> list[tuple[str, str]]:
    """When each side's feed was last followed to its end, which only a neighbour that answers lets one do."""
    told = connection.execute(_ANSWERED).one()
    return [
        (name, f"answered {_ago((told.now - at).total_seconds())}" if at else "was never asked with success")
        for name, at in (("tax", told.tax), ("treasury", told.treasury))
    ]


def _workers(connection: Connection, sweep_seconds: float) -> str:
    age = connection.execute(_SWEPT).scalar_one()
    if age is not None and age <= max(_PERIODS * sweep_seconds, 3.0):
        return f"at work, last sweep {_ago(age)}"
    swept = "never" if age is None else _ago(age)
    return f"no worker or no beat is running: last sweep {swept}. `levy up` starts both"


def _ago(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"
