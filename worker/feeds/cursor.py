"""Feeds that are followed by cursor: where we are, and moving on only if nobody moved on in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import Connection, Engine, text

from worker.jobs.outcome import Later
from worker.jobs.work import Work

PAYMENTS, RESULTS = "tax.payments", "treasury.results"
"""The feeds: payments and reversals at tax, executed orders at the treasury."""

BUSY = Later("another worker follows the feed", 1.0, failed=False)
_TAKE = text("SELECT pg_try_advisory_xact_lock(hashtext('following ' || :feed))")
_NEXT = text(
    "UPDATE job SET next_attempt_at = now() WHERE kind = :kind AND state = 'ready' AND next_attempt_at > now()"
    " RETURNING id"
)


@contextmanager
def following(work: Work, feed: str) -> Iterator[Callable[[], None] | None]:
    """Keep others from following the feed meanwhile; None where one of them does. Who was put off for it comes next.

    What is given is to be called at every page: a worker that was stopped loses its place once its transaction has
    stood idle for as long as the database allows. The cursor is safe without this; but of two who settle the same page
    one does so for nothing.
    """
    with work.begin() as guard:
        taken = guard.execute(_TAKE, {"feed": feed}).scalar_one()
        yield (lambda: guard.execute(text("SELECT 1")).close()) if taken else None
    if taken:
        with work.begin() as connection:
            work.enqueued.extend(connection.execute(_NEXT, {"kind": work.job.kind}).scalars())


def position(engine: Engine, feed: str) -> str | None:
    """Where the next page of the feed begins; None at its very start."""
    with engine.connect() as connection:
        found: str | None = connection.execute(
            text("SELECT cursor FROM feed_cursor WHERE feed = :feed"), {"feed": feed}
        ).scalar_one_or_none()
    return found


def advance(connection: Connection, feed: str, before: str | None, after: str) -> bool:
    """Move the cursor from ``before`` to ``after``; False when another process has moved it meanwhile."""
    values = {"feed": feed, "before": before, "after": after}
    if before is None:
        statement = "INSERT INTO feed_cursor (feed, cursor) VALUES (:feed, :after) ON CONFLICT DO NOTHING"
    else:
        statement = "UPDATE feed_cursor SET cursor = :after, moved_at = now() WHERE feed = :feed AND cursor = :before"
    return connection.execute(text(statement), values).rowcount == 1


def note_followed(connection: Connection, feed: str, day: date) -> None:
    """Note, in the transaction of a page that was the last, that what happened before ``day`` has all been booked."""
    statement = "UPDATE feed_cursor SET followed_to = greatest(followed_to, :day) WHERE feed = :feed"
    connection.execute(text(statement), {"feed": feed, "day": day})


def followed_to(connection: Connection, feed: str) -> date | None:
    """The day before which the feed is booked to its end; None while it never was."""
    found: date | None = connection.execute(
        text("SELECT followed_to FROM feed_cursor WHERE feed = :feed"), {"feed": feed}
    ).scalar_one_or_none()
    return found
