"""Feeds that are followed by cursor: where we are, and moving on only if nobody moved on in between."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text


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
