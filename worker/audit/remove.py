"""Removing old segments of the log that were exported: never before the files were verified against the table.

What stays of them is a stub: up to where, the MAC that the chain goes on from, which files hold it, who did it; sealed.
The database deletes no event that a stub does not cover.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, text

from worker.audit.files import FilesError, digests, found_files, verify_files
from worker.audit.log import AuditLog, Event, Origin, stub_seal
from worker.audit.verify import chains, stub_of, verify
from worker.audit.walk import Flaw, Walk
from worker.keys import Keychain

_CUT = text(
    "SELECT s.segment, (SELECT max(position) FROM audit_event e WHERE e.chain = s.chain AND e.segment = s.segment) AS"
    " position FROM audit_segment s WHERE s.chain = :chain AND s.segment < (SELECT coalesce(min(y.segment), 2147483647)"
    "  FROM audit_segment y WHERE y.chain = :chain AND y.recorded_at >= :before) ORDER BY s.segment DESC LIMIT 1"
)
_AT = text("SELECT mac FROM audit_event WHERE chain = :chain AND position = :position")
_UNTIL = text(
    "SELECT max((origin::json->>'business_date')::date) FROM audit_segment WHERE chain = :chain AND segment <= :segment"
)
_STUB = text(
    "INSERT INTO audit_stub (chain, segments, events, mac, until, key, seal, files, actor) VALUES (:chain, :segments,"
    " :events, :mac, :until, :key, :seal, CAST(:files AS jsonb), :actor)"
)
_STANDS = text("SELECT EXISTS (SELECT FROM audit_segment WHERE chain = :chain AND segment <= :segment)")
_REST = text(
    "WITH gone AS (SELECT chain, segment FROM audit_segment WHERE chain = :chain AND segment <= :segment"
    "  ORDER BY segment LIMIT 1000), events AS (DELETE FROM audit_event e USING gone g WHERE e.chain = g.chain"
    "  AND e.segment = g.segment), segments AS (DELETE FROM audit_segment s USING gone g WHERE s.chain = g.chain"
    "  AND s.segment = g.segment) SELECT count(*) FROM gone"
)


class CannotRemove(Exception):
    """Nothing was removed; the text says what is wrong with the log or its files."""

    def __init__(self, sentence: str, flaws: Sequence[Flaw] = ()) -> None:
        super().__init__(sentence)
        self.flaws = tuple(flaws)


@dataclass(frozen=True)
class Old:
    """What of a chain may be removed: up to this segment and event, whose MAC is the same in the files."""

    chain: str
    segment: int
    events: int
    mac: bytes
    first: int


def find_old(connection: Connection, keychain: Keychain, directory: Path, before: datetime) -> list[Old]:
    """What is older than ``before`` in each chain and stands alike in the files. Changes nothing.

    The table and the files are verified whole first. Raises ``CannotRemove``, ``FilesError``, ``OSError``.
    """
    if flaws := verify(connection, keychain)[1]:
        raise CannotRemove("the log in the table does not verify: nothing of it is removed", flaws)
    cuts = {}
    for chain in chains(connection):
        row = connection.execute(_CUT, {"chain": chain, "before": before}).one_or_none()
        if row is not None:
            cuts[chain] = row
    if not cuts:
        return []
    walks = verify_files(directory, keychain, wanted={chain: int(row.position) for chain, row in cuts.items()})
    if flaws := [flaw for walk in walks.values() for flaw in walk.flaws]:
        raise CannotRemove("the exported files do not verify: nothing is removed on their account", flaws)
    return [_agreed(connection, walks.get(chain), chain, row) for chain, row in cuts.items()]


def remove(
    engine: Engine, keychain: Keychain, audit: AuditLog, old: Sequence[Old], directory: Path, by: str, now: datetime
) -> int:
    """Write the stubs and remove what they cover; returns how many segments. What was interrupted is gone on with."""
    held = found_files(directory)
    for one in old:
        with engine.begin() as connection:
            _leave_stub(connection, keychain, one, digests(held[one.chain]), by)
            facts = {"by": by, "chain": one.chain, "events": one.events, "segments": one.segment}
            origin = Origin(f"operator:{by}", one.chain, now.date())
            audit.record(connection, origin, [Event("audit.removed", None, facts)], now)
    return finish(engine)


def finish(engine: Engine) -> int:
    """Remove whatever a stub covers and still stands, such as after an interruption; returns how many segments."""
    with engine.connect() as connection:
        names = chains(connection)
    return sum(_take_away(engine, chain) for chain in names)


def _agreed(connection: Connection, walk: Walk | None, chain: str, cut: Any) -> Old:
    before = stub_of(connection, chain)
    if walk is None or walk.end.events < cut.position:
        ended = walk.end.events if walk else 0
        raise FilesError(
            f"chain {chain}: the files end at event {ended:,}, event {cut.position:,} is old: export again"
        )
    if walk.after.events > before.events:
        raise FilesError(
            f"chain {chain}: the files begin after event {walk.after.events:,}, the table after {before.events:,}: the"
            " files between are missing"
        )
    mac = bytes(connection.execute(_AT, {"chain": chain, "position": cut.position}).scalar_one())
    if walk.macs.get(cut.position) != mac:
        raise CannotRemove(f"chain {chain}: event {cut.position:,} of the files is not that of the table")
    return Old(chain, cut.segment, cut.position, mac, before.events + 1)


def _leave_stub(connection: Connection, keychain: Keychain, old: Old, files: dict[str, str], by: str) -> None:
    key = keychain.newest("audit")
    until: date = connection.execute(_UNTIL, {"chain": old.chain, "segment": old.segment}).scalar_one()
    values = {
        "chain": old.chain, "segments": old.segment, "events": old.events, "mac": old.mac, "until": until,
        "key": key.number, "seal": stub_seal(key, old.chain, old.segment, old.events, old.mac, until),
        "files": orjson.dumps(files).decode(), "actor": by,
    }  # fmt: skip
    connection.execute(_STUB, values)


def _take_away(engine: Engine, chain: str) -> int:
    """Delete what the chain's stub covers, some segments at a time."""
    taken = 0
    while True:
        with engine.begin() as connection:
            place = {"chain": chain, "segment": stub_of(connection, chain).segments}
            if not connection.execute(_STANDS, place).scalar_one():
                return taken
            taken += int(connection.execute(_REST, place).scalar_one())
