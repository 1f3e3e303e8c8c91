"""The hold after a restore: until an operator releases it, nothing leaves the house and no feed is followed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, text

GOES_ON = ("tick.intake", "intake")
"""Kinds of work that go on while held: taking in lists, so that people are there before anything is asked of them."""
_HELD = text("SELECT EXISTS (SELECT FROM restore WHERE released_at IS NULL)")
_OPEN = text("SELECT id, last_numbers FROM restore WHERE released_at IS NULL ORDER BY id DESC LIMIT 1")
_RELEASED = text(
    "UPDATE restore SET released_at = now(), released_by = :by, reason = :reason WHERE released_at IS NULL"
)
_WAKE = text("UPDATE job SET next_attempt_at = now() WHERE state IN ('ready', 'unknown')")
SAYS = "the database was restored and is held: `levy restore look`, then `levy restore release`"


def held(engine: Engine) -> bool:
    """Whether a restore waits to be released."""
    with engine.connect() as connection:
        return bool(connection.execute(_HELD).scalar_one())


def open_restore(connection: Connection) -> Any:
    """The restore that waits to be released; None where there is none."""
    return connection.execute(_OPEN).one_or_none()


def let_go(connection: Connection, by: str, reason: str) -> None:
    """Release every restore that waits, and have all jobs looked at at once."""
    connection.execute(_RELEASED, {"by": by, "reason": reason})
    connection.execute(_WAKE)
