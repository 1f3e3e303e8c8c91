"""The floor: how long plain COPY takes to load a season's final tables into an empty database with the same indexes."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from worker.database.engine import migrate, open_engine
from worker.database.tables import metadata

_DATABASE = "levy_floor"


@dataclass(frozen=True)
class Floor:
    """What was loaded: rows of all tables, MiB of text, and the seconds of COPY with its one commit."""

    rows: int
    mib: float
    seconds: float


def floor(database: str) -> Floor:
    """Load what the database of this URL holds into an empty one beside it, which is dropped afterwards."""
    source = open_engine(database)
    with source.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {_DATABASE}"))
    target = open_engine(source.url.set(database=_DATABASE).render_as_string(hide_password=False))
    try:
        migrate(target)
        with tempfile.TemporaryDirectory(prefix="levy-floor-") as directory:
            rows = _unload(source, target, Path(directory))
            size = sum(path.stat().st_size for path in Path(directory).iterdir())
            return Floor(rows, size / 2**20, _load(target, Path(directory)))
    finally:
        target.dispose()
        with source.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE {_DATABASE} WITH (FORCE)"))
        source.dispose()


def _unload(source: Engine, target: Engine, directory: Path) -> int:
    """A file for each table that has rows, and none of them from the migration itself."""
    rows = 0
    with source.connect() as ours, target.connect() as theirs:
        for table in metadata.sorted_tables:
            if theirs.execute(text(f'SELECT EXISTS (SELECT FROM "{table.name}")')).scalar_one():
                continue
            with (directory / table.name).open("wb") as file, _cursor(ours) as cursor:
                with cursor.copy(f'COPY "{table.name}" TO STDOUT') as copy:
                    file.writelines(copy)
                rows += cursor.rowcount
    return rows


def _load(target: Engine, directory: Path) -> float:
    loaded = [table.name for table in metadata.sorted_tables if (directory / table.name).exists()]
    with target.begin() as connection:
        for name in loaded:  # the guards want rows in the order of events
            connection.execute(text(f'ALTER TABLE "{name}" DISABLE TRIGGER USER'))
    begun = time.monotonic()
    with target.begin() as connection:
        for name in loaded:
            with (
                (directory / name).open("rb") as file,
                _cursor(connection) as cursor,
                cursor.copy(f'COPY "{name}" FROM STDIN') as copy,
            ):
                while block := file.read(2**20):
                    copy.write(block)
    return time.monotonic() - begun


def _cursor(connection: Any) -> Any:
    return connection.connection.driver_connection.cursor()
