"""The drop directory: each new file becomes a job, each job takes one file in."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import structlog

from adapters.bureau.problems import FileRefused
from adapters.bureau.table import LINK, read_bytes
from worker.audit.log import Event
from worker.flows.intake.filing import Dropped, take_file
from worker.foreign_text import plain
from worker.house import House
from worker.jobs.outcome import Done, Outcome, Rejected
from worker.jobs.queue import NewJob
from worker.jobs.work import Work

_log = structlog.get_logger("drop")
_NOT_YET_WHOLE = (".part", ".tmp", ".crdownload", ".filepart")
_UNUSABLE_NAME = "Its name is no UTF-8 or holds control characters: give it another name. Its content was not read."


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: a job for each file of the drop directory whose day has come and that was not called for before.

    What cannot be taken in because of its name or because it is a link gets a job, too: it is refused there, for all
    to see, and keeps no other file waiting.
    """
    today = work.job.business_date
    jobs = [
        NewJob("intake", f"{found.name}#{found.stamp}", found.payload(), found.day, house.settings.area)
        for found in _files(house.settings.drop, today)
    ]
    with work.completing() as connection:
        house.vault.sealing(connection)  # the first keys are noted now: two files at once would wait for each other
        work.enqueue(connection, jobs)
    return None


def take_in(work: Work, house: House) -> Outcome | None:
    """One file: read and checked, merged into the roster, its bad rows quarantined, all in one transaction."""
    name, day = work.job.payload["file"], work.job.business_date
    try:
        content = _read(house.settings.drop / name, work.job.payload.get("refused"))
    except FileRefused as refusal:
        with work.completing(Rejected(f"{name}: {refusal}")) as connection:
            event = Event("intake.refused", None, {"file": name, "day": day, "notes": [str(refusal)]})
            house.audit.record(connection, work.origin(batch=name), [event], house.clock.now())
        return None
    dropped = Dropped(name, content, day)
    with work.engine.begin() as connection:
        taken = take_file(connection, house, dropped, work.origin(batch=name))
        refused = taken.outcome == "refused"
        work.record(connection, Rejected(f"{name}: {' '.join(taken.notes)}") if refused else Done(taken.figures()))
    work.finished = True
    return None


@dataclass(frozen=True)
class _Found:
    """A file in the drop directory: its name as it may be shown, what tells its content from an older one's, its day,
    and why it is not taken in, if it is not.
    """

    name: str
    stamp: str
    day: date
    refused: str | None = None

    def payload(self) -> dict[str, str]:
        return {"file": self.name} | ({"refused": self.refused} if self.refused else {})


def _read(path: Path, refused: str | None) -> bytes:
    if refused or path.parent.is_symlink():
        raise FileRefused(refused or LINK)
    return read_bytes(path, follow_links=False)


def _files(drop: Path, today: date) -> Iterator[_Found]:
    """Each file that is whole: in a folder named by its day, which has come."""
    for folder in _entries(drop):
        day = business_date_of(folder.name)
        if day is None or day > today:
            continue
        if folder.is_symlink():
            yield _Found(folder.name, "link", day, LINK)
            continue
        for path in _entries(folder):
            if not path.name.startswith((".", "~$")) and path.suffix not in _NOT_YET_WHOLE:
                with suppress(FileNotFoundError):  # taken away again in this moment
                    yield from _found(path, day)


def _found(path: Path, day: date) -> Iterator[_Found]:
    state = path.lstat()
    name, stamp = f"{path.parent.name}/{plain(path.name)}", f"{state.st_size}-{state.st_mtime_ns}"
    if plain(path.name) != path.name:
        yield _Found(name, f"{stamp}-name", day, _UNUSABLE_NAME)
    elif stat.S_ISLNK(state.st_mode):
        yield _Found(name, f"{stamp}-link", day, LINK)
    elif stat.S_ISREG(state.st_mode):
        yield _Found(name, stamp, day)


def _entries(folder: Path) -> list[Path]:
    """What stands in a folder, by name; nothing where it is none, or cannot be read, which the log says."""
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        _log.warning("drop.unreadable", folder=plain(folder.name), reason=error.strerror)
        return []


def business_date_of(folder: str) -> date | None:
    """The day a folder is named by, if it is."""
    try:
        return date.fromisoformat(folder) if len(folder) == 10 else None
    except ValueError:
        return None
