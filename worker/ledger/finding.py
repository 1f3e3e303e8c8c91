"""What a check finds: a sentence for each row that its query returns, up to a number that a person still reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, text

SHOWN = 20


def sentences(connection: Connection, query: str, sentence: Callable[[Any], str]) -> list[str]:
    """A sentence for each row; after the first twenty, one that says that there are more."""
    rows = connection.execute(text(f"{query} LIMIT {SHOWN + 1}")).all()
    return [sentence(row) for row in rows[:SHOWN]] + ["and more of the same"] * (len(rows) > SHOWN)
