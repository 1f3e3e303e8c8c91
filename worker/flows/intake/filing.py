"""Taking in one file as a whole: in one transaction it is read, merged, counted and recorded, or it never was."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from adapters.bureau.checking import RowChecker
from adapters.bureau.problems import BadRow, FileRefused, Problem
from adapters.bureau.table import Table, open_table, rows_at
from config.areas import load_areas
from worker.audit.log import Event, Origin
from worker.flows.intake import accounts, applications, enrolments, flags, other_cover, refunds
from worker.flows.intake.counts import Merged
from worker.flows.intake.quarantine import (
    Source,
    day_corrected,
    open_aside,
    put_back_unmended,
    quarantine,
    set_aside,
)
from worker.flows.intake.staging import open_stage, stage
from worker.house import House

_MERGE: Mapping[str, Callable[[Connection, date, int, datetime], Merged]] = {
    "enrolments": enrolments.merge,
    "flags": flags.merge,
    "accounts": accounts.merge,
    "applications": applications.merge,
    "refunds": refunds.merge,
    "other_cover": other_cover.merge,
}
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('merging a file of the bureau'))")
_REGISTER = text(
    "INSERT INTO intake_file AS known (sha256, name, business_date, state, recorded_at)"
    " VALUES (:sha256, :name, :day, 'refused', :now) ON CONFLICT (sha256) DO UPDATE SET name = known.name"
    " RETURNING id, state, name, business_date, notes, xmax = 0 AS fresh"
)
_RECORD = text(
    "UPDATE intake_file SET name = :name, business_date = :day, state = :state, kind = :kind, rows_read = :rows,"
    " rows_added = :added, rows_changed = :changed, rows_unchanged = :unchanged, rows_quarantined = :quarantined,"
    " notes = :notes WHERE id = :id"
)


@dataclass(frozen=True)
class Dropped:
    """A file to be taken in: its name as shown, its bytes, and the business date it was dropped on.

    Where nobody ``dated`` it, a correction sheet has the date of the lists that it mends: a newer list still wins.
    """

    name: str
    content: bytes
    day: date
    dated: bool = True


@dataclass
class Taken:
    """What became of a file: ``taken``, ``repeated`` (it was taken in before) or ``refused``, and its rows by fate."""

    outcome: str
    kind: str | None = None
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    closed: int = 0
    notes: tuple[str, ...] = ()

    def figures(self) -> dict[str, Any]:
        """For the audit log and the job's outcome."""
        return {name: value for name, value in vars(self).items() if value}


class CameOtherwise(Exception):
    """A file came to something else than what was shown of it: roll back, and show ``taken``."""

    def __init__(self, taken: Taken) -> None:
        super().__init__("what the file comes to has changed since it was looked at")
        self.taken = taken


def look_at_file(connection: Connection, house: House, dropped: Dropped) -> Taken:
    """What ``take_file`` would make of a file now: it is taken in and rolled back, and no event tells of it."""
    with connection.begin_nested() as looked:
        taken, _ = _settled(connection, house, dropped)
        looked.rollback()
    return taken


def take_file(
    connection: Connection, house: House, dropped: Dropped, origin: Origin, shown: Taken | None = None
) -> Taken:
    """Take a file in within the caller's transaction; bad rows are quarantined, good rows go on.

    The same bytes a second time change nothing but for an event that says so. A file that is none of ours is recorded
    as refused, and looked at anew whenever it is dropped again. Raises ``CameOtherwise`` where ``shown`` says what it
    was to come to and it does not: nothing is recorded, and the caller's transaction is to be rolled back.
    """
    taken, events = _settled(connection, house, dropped)
    if shown is not None and taken != shown:
        raise CameOtherwise(taken)
    house.audit.record(connection, origin, events, house.clock.now())
    return taken


def _settled(connection: Connection, house: House, dropped: Dropped) -> tuple[Taken, list[Event]]:
    now = house.clock.now()
    digest = hashlib.sha256(dropped.content).digest()
    values = {"sha256": digest, "name": dropped.name, "day": dropped.day, "now": now}
    known = connection.execute(_REGISTER, values).one()
    if known.state == "taken":
        taken = Taken("repeated", notes=(f"The same content was taken in before, as {known.name}.",))
        events = [_event("intake.repeated", dropped, digest, taken)]
    else:
        taken, events = _take(connection, house, dropped, known.id)
        repeated = taken.outcome == "refused" and not known.fresh
        action = "intake.repeated" if repeated else f"intake.{taken.outcome}"
        events.append(_event(action, dropped, digest, taken))
    return taken, events


def _take(connection: Connection, house: House, dropped: Dropped, file_id: int) -> tuple[Taken, list[Event]]:
    try:
        table = open_table(dropped.content)
        checker = RowChecker(table.layout, dropped.day, load_areas())
        source = Source(file_id, dropped.name, table.layout.kind, dropped.day, house.clock.now())
        good, bad = _stage(connection, house, table, checker, source)
    except FileRefused as refusal:
        taken = Taken("refused", notes=(str(refusal),))
        _record(connection, file_id, dropped, taken)
        return taken, []
    if not dropped.dated and (mended := day_corrected(connection, source.kind)):
        dropped, source = replace(dropped, day=mended), replace(source, day=mended)
    unmended = put_back_unmended(connection, house.vault, source, dropped.content)
    good, bad = good - unmended, bad + unmended
    connection.execute(_ONE_AT_A_TIME)
    merged = _MERGE[table.layout.kind](connection, dropped.day, file_id, house.clock.now())
    set_aside(connection, house.vault, source, _contradicting(dropped.content, merged.refused))
    closed = quarantine(connection, house.vault, source)
    taken = Taken(
        outcome="taken",
        kind=table.layout.kind,
        rows=good + bad,
        added=merged.added,
        changed=merged.changed,
        unchanged=good - len(merged.refused) - merged.added - merged.changed,
        quarantined=bad + len(merged.refused),
        closed=closed,
        notes=table.notes + checker.notes(),
    )
    _record(connection, file_id, dropped, taken)
    return taken, merged.events


def _stage(connection: Connection, house: House, table: Table, checker: RowChecker, source: Source) -> tuple[int, int]:
    """Read and check all rows, stage the good ones and set the bad ones aside; how many there are of each."""
    good = bad = 0
    open_stage(connection, table.layout.kind)
    open_aside(connection)
    with _collector_paused():
        for chunk in table.chunks:
            checked = checker.check(chunk)
            stage(connection, house.vault, table.layout.kind, checked)
            set_aside(connection, house.vault, source, checked.bad)
            good += len(checked.lines)
            bad += len(checked.bad)
    return good, bad


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Rows make no reference cycles, but the collector would walk them all again and again: a fifth of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _contradicting(content: bytes, refused: Mapping[int, str]) -> list[BadRow]:
    """The rows at these lines as they were read, for quarantine: only the roster showed that they cannot be taken."""
    if not refused:
        return []
    return [
        BadRow(line, cells, (Problem("person_no", refused[line]),))
        for line, cells in rows_at(content, frozenset(refused))
    ]


def _record(connection: Connection, file_id: int, dropped: Dropped, taken: Taken) -> None:
    values = {name: value for name, value in vars(taken).items() if name not in ("outcome", "closed")}
    values |= {"id": file_id, "name": dropped.name, "day": dropped.day, "state": taken.outcome}
    connection.execute(_RECORD, values | {"notes": list(taken.notes)})


def _event(action: str, dropped: Dropped, digest: bytes, taken: Taken) -> Event:
    facts = {"file": dropped.name, "sha256": digest.hex(), "day": dropped.day, **taken.figures()}
    return Event(action, None, facts)
