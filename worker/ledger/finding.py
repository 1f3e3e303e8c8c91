"""What a check finds: a sentence for each row that its query returns, up to a number that a person still reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, text

SHOWN = 20
REMOVED = "(SELECT max(until) FROM audit_stub)"
"""Up to which day the events were exported and removed from the audit log; null: nothing was."""


def untold(day: str, told: str) -> str:
    """SQL: nothing tells of the row, and what would have was removed with the events of its day."""
    return f"coalesce({told} IS NULL AND {day} <= {REMOVED}, false)"


def sentences(connection: Connection, query: str, sentence: Callable[[Any], str]) -> list[str]:
    """A sentence for each row; after the first twenty, one that says that there are more."""
    rows = connection.execute(text(f"{query} LIMIT {SHOWN + 1}")).all()
    return [sentence(row) for row in rows[:SHOWN]] + ["and more of the same"] * (len(rows) > SHOWN)
