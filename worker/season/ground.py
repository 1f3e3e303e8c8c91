"""A clean ground for a replayed season: empty database, empty books of the neighbours, the bureau's files written."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from adapters.simulators.bureau.season import synthesize
from config.areas import load_areas
from worker.database.engine import migrate


class GroundTaken(Exception):
    """The database holds people already: a season would mix with them."""


@dataclass(frozen=True)
class Script:
    """What the bureau will drop, and when."""

    manifest: dict[str, Any]

    @property
    def drops(self) -> list[date]:
        """The days on which files arrive."""
        return sorted({date.fromisoformat(entry["business_date"]) for entry in self.manifest["files"]})

    @property
    def rows(self) -> int:
        """Rows in all files that will be taken in."""
        return sum(entry.get("rows", 0) for entry in self.manifest["files"])

    @property
    def planned(self) -> int:
        """Residents that the plan of all towns counts, as synthesized."""
        return sum(town["planned"] for town in self.manifest["towns"])


def clear_database(engine: Engine, embedded: bool) -> None:
    """Empty the embedded database and bring it up to date; another database must be empty already.

    Raises ``GroundTaken`` for a database of yours that holds people.
    """
    if embedded:
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    migrate(engine)
    with engine.connect() as connection:
        if connection.execute(text("SELECT EXISTS (SELECT FROM person)")).scalar_one():
            raise GroundTaken("the database of LEVY_DATABASE_URL holds people already: a season needs an empty one")


def clear_neighbours(home: Path) -> None:
    """Forget the simulated neighbours' books."""
    shutil.rmtree(home / "neighbours", ignore_errors=True)


def write_files(drop: Path, area: str, insured_year: int, seed: int, share: float) -> Script:
    """Write the bureau's files of the whole season into the drop directory; each is taken in when its day has come."""
    shutil.rmtree(drop, ignore_errors=True)
    drop.mkdir(mode=0o700, parents=True)
    return Script(synthesize(load_areas()[area], insured_year, seed, share, drop))
