"""A simulator's own durable book: SQLite, one transaction for each request, replies kept by key,
statements that were issued wrong or late kept by day.

A process killed at any instant and started again goes on from the last committed request.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reply (
    operation TEXT NOT NULL, key TEXT NOT NULL, sha256 TEXT NOT NULL, body BLOB NOT NULL,
    effects INTEGER NOT NULL DEFAULT 1, asked INTEGER NOT NULL DEFAULT 0,
    UNIQUE (operation, key)
);
CREATE TABLE IF NOT EXISTS statement (
    day TEXT PRIMARY KEY, body BLOB, held_until TEXT, left_out TEXT
) WITHOUT ROWID;
"""
SEED = 2021
_CACHE_KIB = 96 * 1024
_CHECKPOINT_PAGES = 8_000
"""Large enough for a county's book: pages that change often are written back once, not at every request."""


class BookMismatch(Exception):
    """The book on disk was begun with another seed, or another process holds it."""


class Book:
    """The connection, the business day, the stored replies, and the seed that it was begun with: what is given now must
    be the same; where nothing is given, a new book begins with ``SEED``.
    """

    def after_rollback(self) -> None:
        """What a subclass holds in memory has to be read from the book again."""

    def __init__(self, path: Path, schema: str, seed: int | None, today: date) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=1.0)
        self.connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        try:
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = NORMAL")
            self.connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            self.connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            self.connection.executescript(_SCHEMA + schema)
            with self.transaction():
                self._begin({"seed": str(SEED if seed is None else seed), "today": today.isoformat()})
        except sqlite3.OperationalError as error:
            raise BookMismatch(f"The book {path} cannot be opened: {error}. Is another simulator using it?") from error
        self.seed = int(self._setting("seed"))
        if seed not in (None, self.seed):
            raise BookMismatch(
                f"The book {path} was begun with seed {self.seed}: start with that one or none, or give another --book."
            )
        self.today = date.fromisoformat(self._setting("today"))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is committed together, or not at all."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            self.today = date.fromisoformat(self._setting("today"))
            self.after_rollback()
            raise

    def stored(self, operation: str, key: str) -> tuple[str, bytes] | None:
        """Hash and reply of an earlier write."""
        row: tuple[str, bytes] | None = self.connection.execute(
            "SELECT sha256, body FROM reply WHERE operation = ? AND key = ?", (operation, key)
        ).fetchone()
        return row

    def keep(self, operation: str, key: str, sha256: str, body: bytes) -> None:
        """Store the reply in the transaction of its effect."""
        self.connection.execute(
            "INSERT INTO reply (operation, key, sha256, body) VALUES (?, ?, ?, ?)", (operation, key, sha256, body)
        )

    def note_repeat(self, operation: str, key: str) -> None:
        """Count that a stored reply was given again."""
        with self.transaction():
            self.connection.execute(
                "UPDATE reply SET asked = asked + 1 WHERE operation = ? AND key = ?", (operation, key)
            )

    def move_to(self, today: date) -> None:
        """Set the business day, inside a transaction."""
        self.connection.execute("UPDATE setting SET value = ? WHERE name = 'today'", (today.isoformat(),))
        self.today = today

    def keys(self) -> list[dict[str, object]]:
        """Every key that had an effect, with its hash and how often its reply was repeated."""
        rows = self.connection.execute("SELECT operation, key, sha256, effects, asked FROM reply ORDER BY rowid")
        names = ("operation", "key", "sha256", "effects", "repeats")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self.connection.close()

    def _begin(self, settings: dict[str, str]) -> None:
        self.connection.executemany("INSERT OR IGNORE INTO setting (name, value) VALUES (?, ?)", settings.items())

    def _setting(self, name: str) -> str:
        value: str = self.connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()[0]
        return value
