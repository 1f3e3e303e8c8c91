"""Which revisions of the schema there are, which were released, and whether this code and a database fit together."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, text

from config.yaml_text import read_yaml
from worker.database.engine import MIGRATIONS

_RELEASED = Path(__file__).with_name("released.yaml")
_MIGRATED = text("SELECT to_regclass('alembic_version')")
_CURRENT = text("SELECT version_num FROM alembic_version")
_OLDEST = text("SELECT oldest FROM schema_reader")


class Release(NamedTuple):
    """A revision that was released, with the fingerprint that its files have had since."""

    revision: str
    fingerprint: str


def released() -> list[Release]:
    """Every released revision, the oldest first."""
    return [Release(**entry) for entry in read_yaml(_RELEASED)]


def revisions() -> list[str]:
    """Every revision that this code knows, the oldest first: their files are numbered."""
    return sorted(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*_*.py"))


def fingerprint(revision: str) -> str:
    """SHA-256 over the files of a revision, by name: what they say is what it did to every database."""
    found = hashlib.sha256()
    for path in sorted(MIGRATIONS.glob(f"versions/{revision}_*")):
        found.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def current_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None for one that nobody has migrated yet."""
    if connection.execute(_MIGRATED).scalar_one() is None:
        return None
    return connection.execute(_CURRENT).scalar_one_or_none()


def misfit(connection: Connection) -> str | None:
    """Why this code must not work on the database, as a sentence; None when it may.

    A database that is ahead is worked on by older code too, unless one of its revisions has said that it may not.
    """
    current = current_revision(connection)
    known = revisions()
    if current is None or (current in known and current != known[-1]):
        return f"the database is at schema {current or 'none'}, this version needs {known[-1]}: run `levy migrate`"
    if current in known:
        return None
    oldest = str(connection.execute(_OLDEST).scalar_one())
    if oldest in known:
        return None
    return (
        f"the database is at schema {current} and is read rightly from {oldest} on, which this version does not know:"
        " run the newer version here too"
    )
