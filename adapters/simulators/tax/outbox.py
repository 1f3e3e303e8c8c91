"""What the tax office has to put into a drop directory: written down first, put there when its time has come."""

from __future__ import annotations

import time
from datetime import timedelta

from adapters.simulators.faults import Fault
from adapters.simulators.tax.book import TaxBook
from adapters.tax.files.drop import Drop

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outgoing (
    id INTEGER PRIMARY KEY, room TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL, day TEXT NOT NULL,
    moment REAL NOT NULL, replaces TEXT, batch TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS outgoing_by_batch ON outgoing (batch);
CREATE TABLE IF NOT EXISTS put (id INTEGER PRIMARY KEY);
"""
# What was paid is told before the result that says so: whoever has the one finds the other.
_WAITING = (
    "SELECT id, room, name, body, replaces FROM outgoing WHERE id NOT IN (SELECT id FROM put) AND day <= ?"
    " AND moment <= ? ORDER BY room, id"
)


class Outbox:
    """Files to be put into the directory, kept in the book: a killed office puts them there when it comes back."""

    def __init__(self, book: TaxBook, drop: Drop) -> None:
        self._book, self._drop = book, drop
        book.connection.executescript(_SCHEMA)
        self._waiting = True

    def knows(self, batch: str) -> bool:
        """Whether something was ever written down for this batch."""
        ask = self._book.connection.execute("SELECT 1 FROM outgoing WHERE batch = ? LIMIT 1", (batch,))
        return ask.fetchone() is not None

    def again(self, batch: str) -> None:
        """Put the files of a batch there once more: somebody took them away and asks again."""
        self._book.connection.execute(
            "DELETE FROM put WHERE id IN (SELECT id FROM outgoing WHERE batch = ? AND replaces IS NULL)", (batch,)
        )
        self._waiting = True

    def add(
        self, room: str, name: str, body: bytes, batch: str = "", late: Fault | None = None, replaces: str | None = None
    ) -> None:
        """Write a file down, inside a transaction of the book; what ``replaces`` another waits until that is gone."""
        days, seconds = (late.days, 0.0 if late.days else late.seconds) if late else (0, 0.0)
        day = (self._book.today + timedelta(days=days)).isoformat()
        self._book.connection.execute(
            "INSERT INTO outgoing (room, name, body, day, moment, replaces, batch) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (room, name, body, day, time.time() + seconds if seconds else 0.0, replaces, batch),
        )
        self._waiting = True

    def put(self) -> None:
        """Put into the directory whatever may be there by now."""
        if not self._waiting:
            return
        ask = self._book.connection.execute
        for number, room, name, body, replaces in ask(_WAITING, (self._book.today.isoformat(), time.time())).fetchall():
            if replaces is None or replaces not in self._drop.names(room):
                self._drop.write(room, name, body, lasting=False)
                ask("INSERT OR IGNORE INTO put VALUES (?)", (number,))
        left = ask("SELECT count(*) FROM outgoing WHERE id NOT IN (SELECT id FROM put)").fetchone()[0]
        self._waiting = left > 0
