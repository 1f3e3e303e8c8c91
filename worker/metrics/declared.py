"""Every metric of the service, declared once: name, meaning, labels, unit. Money is in fen, time in seconds.

Rates and durations are counted where the work is done, in each process. All that is state is a ``Gauge`` with the query
that reads it: it is the same whoever asks, and it is right after a restart. No label holds anything about a person, and
each has few values: kinds of job, states, neighbours, towns.
"""

from __future__ import annotations

from typing import NamedTuple

from prometheus_client import Counter, Histogram
from prometheus_client import Gauge as Set

_WORK = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)
_CALL = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
_PAGE = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 3, 10)

ATTEMPTS = Counter("levy_job_attempts_total", "Attempts at jobs that ended.", ("kind", "outcome"))
WORKED = Histogram("levy_job_duration_seconds", "Time of an attempt at a job.", ("kind",), buckets=_WORK)
CALLS = Counter("levy_neighbour_calls_total", "Calls to a neighbour with quick repeats.", ("neighbour", "result"))
CALLED = Histogram("levy_neighbour_call_duration_seconds", "Time of such a call.", ("neighbour",), buckets=_CALL)
REQUESTS = Counter("levy_http_requests_total", "Requests answered by API or console.", ("app", "status"))
ANSWERED = Histogram("levy_http_request_duration_seconds", "Time until the answer.", ("app",), buckets=_PAGE)
TICKS = Counter("levy_ticks_sent_total", "Messages that beat sent: sweeps, and ticks by kind.", ("tick",))
ANCHORED = Set(
    "levy_audit_anchored_timestamp_seconds",
    "When heads of the audit chains were last appended to the file outside the database.",
    ("place",),
    multiprocess_mode="mostrecent",
)


class Gauge(NamedTuple):
    """A figure that is looked up: a query whose last column is the value, and the columns before it are the labels.

    Queries may name ``:area``, ``:year``, ``:neighbours`` and the business day ``:today``.
    """

    name: str
    means: str
    labels: tuple[str, ...]
    query: str


_SIDES = "(VALUES ('tax'), ('treasury')) AS s(side)"
_FOLLOWED = (
    "(SELECT followed_to FROM feed_cursor WHERE feed = CASE s.side WHEN 'tax' THEN 'tax.payments'"
    " ELSE 'treasury.results' END)"
)

LOOKED_UP = (
    Gauge(
        "levy_jobs",
        "Jobs that are not over, and those that came to a stop.",
        ("state",),
        "SELECT s.state, (SELECT count(*) FROM job j WHERE j.state = s.state"
        " AND j.state IN ('ready', 'running', 'unknown')) FROM (VALUES ('ready'), ('running'), ('unknown')) AS s(state)"
        " UNION ALL SELECT s.state, (SELECT count(*) FROM job j WHERE j.state = s.state"
        " AND j.state IN ('parked', 'rejected')) FROM (VALUES ('parked'), ('rejected')) AS s(state)",
    ),
    Gauge(
        "levy_job_oldest_due_seconds",
        "For how long the oldest job has been due that waits for no neighbour; 0: none is.",
        (),
        "SELECT coalesce(extract(epoch FROM now() - min(next_attempt_at)), 0) FROM job"
        " WHERE state IN ('ready', 'unknown') AND next_attempt_at <= now() AND waits_for IS NULL",
    ),
    Gauge(
        "levy_message_oldest_unanswered_seconds",
        "Since when the oldest message of a job that is unknown or parked has had no clear answer; 0: there is none.",
        (),
        "SELECT coalesce(extract(epoch FROM now() - min(m.intended_at)), 0) FROM message m"
        " JOIN job j ON j.id = m.job_id WHERE m.answered_at IS NULL AND m.asked_at IS NULL"
        " AND j.state IN ('unknown', 'parked')",
    ),
    Gauge(
        "levy_sweep_timestamp_seconds",
        "When the last sweep was, which needs beat and a worker; 0: never.",
        (),
        "SELECT coalesce(extract(epoch FROM max(at)), 0) FROM heartbeat",
    ),
    Gauge(
        "levy_neighbour_shut",
        "1: the neighbour does not answer and is left in peace.",
        ("neighbour",),
        "SELECT n.name, (b.opened_at IS NOT NULL)::int FROM unnest(CAST(:neighbours AS text[])) AS n(name)"
        " LEFT JOIN breaker b ON b.neighbour = n.name",
    ),
    Gauge(
        "levy_neighbour_waiting_jobs",
        "Jobs that wait for the neighbour.",
        ("neighbour",),
        "SELECT n.name, (SELECT count(*) FROM job j WHERE j.waits_for = n.name AND j.state IN ('ready', 'unknown'))"
        " FROM unnest(CAST(:neighbours AS text[])) AS n(name)",
    ),
    Gauge(
        "levy_statement_behind_seconds",
        "By how many days, in seconds, comparing statements is behind the feed that our own book has followed.",
        ("side",),
        f"SELECT s.side, 86400 * greatest(0, coalesce({_FOLLOWED} - 1 - coalesce((SELECT max(day) FROM statement t"
        "  WHERE t.area = :area AND t.side = s.side AND t.period = 'day'),"
        "  CASE s.side WHEN 'tax' THEN (SELECT min(tax_date) - 1 FROM payment) ELSE (SELECT d.settled_on - 1"
        "   FROM disbursement d WHERE d.settled_on IS NOT NULL ORDER BY d.id LIMIT 1) END), 0))"
        f" FROM {_SIDES}",
    ),
    Gauge(
        "levy_breaks_open",
        "Breaks between the statements and our book that are open.",
        ("side",),
        f"SELECT s.side, (SELECT count(*) FROM break_found b WHERE b.state = 'open' AND b.side = s.side) FROM {_SIDES}",
    ),
    Gauge(
        "levy_break_oldest_seconds",
        "For how many business days, in seconds, the oldest break has been open; 0: none is.",
        ("side",),
        "SELECT s.side, 86400 * coalesce((SELECT greatest(0, CAST(:today AS date) - min(opened_on)) FROM break_found b"
        f" WHERE b.state = 'open' AND b.side = s.side), 0) FROM {_SIDES}",
    ),
    Gauge(
        "levy_audit_events_total",
        "Events in the audit log since it began.",
        ("chain",),
        "SELECT chain, events FROM audit_chain UNION ALL SELECT CAST(:area AS text), 0"
        " WHERE NOT EXISTS (SELECT FROM audit_chain WHERE chain = :area)",
    ),
    Gauge(
        "levy_restore_held",
        "1: the database was restored from a backup, and its work is held until a person releases it.",
        (),
        "SELECT EXISTS (SELECT FROM restore WHERE released_at IS NULL)::int",
    ),
    Gauge("levy_database_size_bytes", "Size of the database.", (), "SELECT pg_database_size(current_database())"),
)

NEEDS = ("levy_waiting_for_people", "What waits for a person, by kind of work.", ("what",))
DATABASE_UP = ("levy_database_up", "1: the database answers; 0: nothing else can be looked up.", ())
BROKER_UP = ("levy_broker_up", "1: the broker answers.", ())
QUEUED = ("levy_broker_queue_messages", "Messages that wait in the broker.", ())
MONEY = ("levy_money_fen", "Dues, assistance and refunds by state, in fen.", ("what", "state"))
ITEMS = ("levy_money_items", "How many dues, assistances and parts of refunds are in a state.", ("what", "state"))
PEOPLE = ("levy_town_people", "People of a town: planned, enrolled, paid, unpaid, free.", ("town", "measure"))
FUND = ("levy_fund_fen", "What a funding source bears, by what became of it, in fen.", ("source", "measure"))
DISK_FREE = ("levy_disk_free_bytes", "Free on the disk of a place that this process writes to.", ("place",))
DISK_SIZE = ("levy_disk_size_bytes", "Size of that disk.", ("place",))

BESIDE = (NEEDS, DATABASE_UP, BROKER_UP, QUEUED, MONEY, ITEMS, PEOPLE, FUND, DISK_FREE, DISK_SIZE)


def described() -> dict[str, str]:
    """What each metric of the service means, by its full name."""
    counted = (ATTEMPTS, WORKED, CALLS, CALLED, REQUESTS, ANSWERED, TICKS, ANCHORED)
    found = {
        told.name + ("_total" if told.type == "counter" else ""): told.documentation
        for one in counted
        for told in one.describe()
    }
    return found | {one[0]: one[1] for one in (*LOOKED_UP, *BESIDE)}
