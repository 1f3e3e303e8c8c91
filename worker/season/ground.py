"""A clean ground for a replayed season: empty database, empty books of the neighbours, the bureau's files written.

Only what an earlier season made is cleared. It is known by its marks: the season's clock in the database, and in the
drop directory a list of the files that it wrote there. Anything else is somebody's, and refused.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from adapters.simulators.bureau.season import synthesize
from config.settings import Settings
from worker.database.engine import migrate
from worker.season.place import Place

_MARK = ".levy-season"
"""In the drop directory: the files that a season wrote there, one a line."""
_NEW = ".levy-season.new"
"""Where they are written before the list is complete."""
_TABLES = text("SELECT to_regclass('public.season_clock') IS NOT NULL")
_HELD = text(
    "SELECT EXISTS (SELECT FROM person) OR EXISTS (SELECT FROM intake_file) AS taken,"
    " EXISTS (SELECT FROM job) AS worked, (SELECT today FROM season_clock) AS today,"
    " (SELECT max(business_date) FROM intake_file) AS newest"
)
_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid()"
)
_LEAVE_SECONDS = 5.0
"""How long the processes of a season that was just stopped may take to close their connections."""
_OR = "`levy reset` deletes it after asking; or set LEVY_HOME to another directory for the season"


class GroundTaken(Exception):
    """Database or drop directory hold what no season made, or are in use: a season would delete it, or mix with it."""


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


def clear_ground(engine: Engine, settings: Settings) -> None:
    """Clear what an earlier season left, and nothing else; the database is at the current revision afterwards.

    Raises ``GroundTaken``; nothing is cleared then.
    """
    left = list(_left_by_a_season(settings.drop))
    clear_database(engine, settings.embedded)
    for path in left:
        path.unlink()
    for folder in sorted({path.parent for path in left} - {settings.drop}, reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def clear_database(engine: Engine, embedded: bool) -> None:
    """Empty the embedded database of an earlier season, and bring it up to date; another must be empty already.

    Raises ``GroundTaken`` for a database with people or files that no season took in, and for one in use.
    """
    if embedded and _must_go(engine):
        _refuse_if_in_use(engine)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    migrate(engine)
    with engine.connect() as connection:
        if connection.execute(text("SELECT EXISTS (SELECT FROM person)")).scalar_one():
            raise GroundTaken(
                "the database of LEVY_DATABASE_URL holds people already: a season needs an empty one. Name another, or"
                " unset LEVY_DATABASE_URL to use the embedded one"
            )


def _must_go(engine: Engine) -> bool:
    """Whether the database holds something, all of it a season's. Raises ``GroundTaken`` when it is not."""
    with engine.connect() as connection:
        if not connection.execute(_TABLES).scalar_one():
            return False
        held = connection.execute(_HELD).one()
    if held.taken and held.today is None:
        raise GroundTaken(f"the embedded database holds people or files that no season took in: {_OR}")
    if held.today is not None and held.newest is not None and held.newest > held.today:
        raise GroundTaken(f"files were taken in since the last season ended (up to {held.newest}): {_OR}")
    return bool(held.taken or held.worked)


def _refuse_if_in_use(engine: Engine) -> None:
    until = time.monotonic() + _LEAVE_SECONDS
    while others := _others(engine):
        if time.monotonic() > until:
            raise GroundTaken(
                f"the embedded database is in use by {others} connections: stop `levy up` or whatever else is running,"
                " or set LEVY_HOME to another directory for the season"
            )
        time.sleep(0.2)


def _others(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(_OTHERS).scalar_one())


def _left_by_a_season(drop: Path) -> Iterator[Path]:
    """The files in the drop directory. Raises ``GroundTaken`` at the first that no season wrote."""
    mark = drop / _MARK
    ours = {mark, *(drop / line for line in mark.read_text("utf-8").splitlines())} if mark.is_file() else set()
    if drop.exists() and not drop.is_dir():
        raise GroundTaken(f"{drop} is no directory: set LEVY_DROP_DIR to one that is new or empty")
    for folder, _, names in os.walk(drop):
        for path in (Path(folder) / name for name in names):
            if path not in ours and drop / _NEW not in path.parents:
                raise GroundTaken(
                    f"{drop} holds files that no season wrote, such as {path.relative_to(drop)}: move them away, set"
                    " LEVY_DROP_DIR or LEVY_HOME to another directory, or let `levy reset` delete the whole home"
                )
            yield path


def clear_neighbours(settings: Settings) -> None:
    """Forget the simulated neighbours' books, and the files exchanged with them.

    Raises ``GroundTaken`` when LEVY_TAX_DIR names a directory with files: they may be a real tax office's.
    """
    if settings.tax.kind == "files" and settings.tax_dir and any(settings.tax_dir.glob("*/*")):
        raise GroundTaken(f"{settings.tax_dir} holds files: unset LEVY_TAX_DIR for the season, or name an empty one")
    shutil.rmtree(settings.home / "tax-files", ignore_errors=True)
    shutil.rmtree(settings.home / "neighbours", ignore_errors=True)
    (settings.home / "audit-anchors.jsonl").unlink(missing_ok=True)  # heads of the season before, whose log is gone too


def write_files(drop: Path, place: Place, seed: int, share: float) -> Script:
    """Write the bureau's files of the whole season into the drop directory; each is taken in when its day has come.

    What was written is listed before it comes to stand there, so that it can be told from others' files whenever this
    is interrupted.
    """
    drop.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = drop / _NEW
    if new.exists():
        shutil.rmtree(new)
    new.mkdir(mode=0o700)
    window = (place.calendar.opens, place.calendar.closes)
    script = Script(synthesize(place.area, place.insured_year, seed, share, new, window))
    written = [path.relative_to(new) for path in new.rglob("*") if path.is_file()]
    (drop / _MARK).write_text("".join(f"{path}\n" for path in written), "utf-8")
    for path in written:
        (drop / path).parent.mkdir(mode=0o700, exist_ok=True)
        (new / path).replace(drop / path)
    shutil.rmtree(new)
    return script
