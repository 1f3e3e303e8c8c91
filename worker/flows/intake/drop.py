"""The drop directory: each new file becomes a job, each job takes one file in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from adapters.bureau.problems import FileRefused
from adapters.bureau.table import read_bytes
from worker.flows.intake.filing import Dropped, take_file
from worker.house import House
from worker.jobs.outcome import Done, Outcome, Rejected
from worker.jobs.queue import NewJob
from worker.jobs.work import Work

_NOT_YET_WHOLE = (".part", ".tmp", ".crdownload", ".filepart")


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: a job for each file of the drop directory whose day has come and that was not called for before."""
    today = work.job.business_date
    found = list(_files(house.settings.drop, today))
    with work.completing() as connection:
        work.enqueue(
            connection,
            [
                NewJob("intake", f"{name}#{stamp}", {"file": name}, day, house.settings.area)
                for name, stamp, day in found
            ],
        )
    return None


def take_in(work: Work, house: House) -> Outcome | None:
    """One file: read and checked, merged into the roster, its bad rows quarantined, all in one transaction."""
    name = work.job.payload["file"]
    try:
        content = read_bytes(house.settings.drop / name)
    except FileRefused as refusal:
        return Rejected(f"{name}: {refusal}")
    dropped = Dropped(name, content, work.job.business_date)
    with work.engine.begin() as connection:
        taken = take_file(connection, house, dropped, work.origin(batch=name))
        refused = taken.outcome == "refused"
        work.record(connection, Rejected(f"{name}: {' '.join(taken.notes)}") if refused else Done(taken.figures()))
    work.finished = True
    return None


def _files(drop: Path, today: date) -> Iterator[tuple[str, str, date]]:
    """Name, stamp and business date of each file that is whole: in a folder named by its day, which has come."""
    for folder in sorted(drop.iterdir()) if drop.is_dir() else ():
        day = business_date_of(folder.name)
        if day is None or day > today or not folder.is_dir():
            continue
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.name.startswith((".", "~$")) and path.suffix not in _NOT_YET_WHOLE:
                state = path.stat()
                yield f"{folder.name}/{path.name}", f"{state.st_size}-{state.st_mtime_ns}", day


def business_date_of(folder: str) -> date | None:
    """The day a folder is named by, if it is."""
    try:
        return date.fromisoformat(folder) if len(folder) == 10 else None
    except ValueError:
        return None
