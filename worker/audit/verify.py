"""Checking the audit chain in the table: every event, in order, its head, and heads that others keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from worker.audit.anchors import Anchor, contradictions
from worker.audit.log import head_seal, stub_seal
from worker.audit.walk import START, Flaw, Link, Row, Walk
from worker.keys import Keychain, KeysError

_EVENTS = text(
    "SELECT e.position, e.segment, e.action, e.person_id, e.facts, e.mac, s.origin, s.batch, s.recorded_at"
    " FROM audit_event e LEFT JOIN audit_segment s ON s.chain = e.chain AND s.segment = e.segment"
    " WHERE e.chain = :chain AND e.position > :after ORDER BY e.position"
)
_LINK = text("SELECT segment, position, mac FROM audit_event WHERE chain = :chain AND position = :position")
_CHAINS = text("SELECT chain, segments, events, head, key, seal FROM audit_chain ORDER BY chain")
_STUBS = text(
    "SELECT DISTINCT ON (chain) chain, segments, events, mac, until, key, seal FROM audit_stub"
    " ORDER BY chain, segments DESC"
)
_HEADLESS = text(
    "SELECT chain FROM audit_event UNION SELECT chain FROM audit_segment EXCEPT SELECT chain FROM audit_chain"
)
_EMPTY = text(
    "SELECT s.chain, s.segment FROM audit_segment s LEFT JOIN (SELECT DISTINCT chain, segment FROM audit_event) AS e"
    " ON e.chain = s.chain AND e.segment = s.segment WHERE e.segment IS NULL ORDER BY 1, 2 LIMIT 20"
)
_LEFT = text("SELECT count(*) FROM audit_event WHERE chain = :chain AND position <= :events")
_UNTOLD = text(
    "SELECT EXISTS (SELECT FROM transfer) AND NOT EXISTS (SELECT FROM audit_event)"
    " AND NOT EXISTS (SELECT FROM audit_stub)"
)


def verify(
    connection: Connection, keychain: Keychain, anchors: Iterable[Anchor] = (), newest: int | None = None
) -> tuple[int, list[Flaw]]:
    """Walk every chain; returns the number of events seen and the flaws found, first flaw of each place.

    ``newest``: only so many events at the end of each chain, the one before them taken as it stands, and without what
    needs a look at all events: events without a head, segments without events.
    Whoever verifies while others write needs a transaction that sees one moment (REPEATABLE READ).
    """
    seen, flaws = 0, []
    kept: dict[str, list[Anchor]] = defaultdict(list)
    for anchor in anchors:
        kept[anchor.chain].append(anchor)
    stubs = {row.chain: row for row in connection.execute(_STUBS)}
    for chain in connection.execute(_CHAINS).all():
        walk = _walk(connection, keychain, chain, stubs.get(chain.chain), kept.pop(chain.chain, ()), newest)
        seen += walk.seen
        flaws += walk.flaws
    for gone, heads in kept.items():
        flaws.append(Flaw(gone, 0, f"the chain is gone, {heads[0].place} keeps heads of it"))
    if newest is not None:
        return seen, flaws
    for name in connection.execute(_HEADLESS).scalars():
        flaws.append(Flaw(name, 0, "events or segments stand in a chain that has no head: the head was removed"))
    for name, segment in connection.execute(_EMPTY).all():
        flaws.append(Flaw(name, 0, f"segment {segment} has no events: they were removed, or it was made up", segment))
    if connection.execute(_UNTOLD).scalar_one():
        flaws.append(Flaw("", 0, "there are transfers, and no event that tells of them: the log was emptied"))
    return seen, flaws


def _walk(
    connection: Connection, keychain: Keychain, chain: Any, stub: Any, anchors: Sequence[Anchor], newest: int | None
) -> Walk:
    name = chain.chain
    walk = Walk(keychain, name, START, {anchor.events for anchor in anchors}, _agrees)
    if stub is not None:
        walk.end = walk.after = Link(stub.segments, stub.events, bytes(stub.mac))
        walk.macs[stub.events] = bytes(stub.mac)
        if not _sealed(keychain, stub, stub_seal, stub.mac, stub.until):
            walk.flaws.append(Flaw(name, stub.events, "the stub of what was removed was not written by this service"))
        if connection.execute(_LEFT, {"chain": name, "events": stub.events}).scalar_one():
            walk.flaws.append(Flaw(name, stub.events, "events stand where a stub says that they were removed"))
    if newest is not None and chain.events - newest > walk.after.events:
        row = connection.execute(_LINK, {"chain": name, "position": chain.events - newest}).one_or_none()
        if row is not None:
            walk.end = walk.after = Link(row.segment, row.position, bytes(row.mac))
            walk.macs[row.position] = bytes(row.mac)
    walk.go(chain_rows(connection, name, walk.after.events))
    end = walk.end
    if end.events != chain.events or end.mac != bytes(chain.head):
        sentence = f"the chain ends at event {end.events}, its head was written for event {chain.events}"
        walk.flaws.append(Flaw(name, end.events + 1, sentence))
    if not _sealed(keychain, chain, head_seal, chain.head):
        walk.flaws.append(Flaw(name, end.events + 1, "the head of the chain was not written by this service"))
    walk.flaws += contradictions(keychain, walk, anchors)
    return walk


def chains(connection: Connection) -> list[str]:
    """The chains that there are."""
    return [row.chain for row in connection.execute(_CHAINS)]


def stub_of(connection: Connection, chain: str) -> Link:
    """From where a chain stands in the table: after what was removed of it, or from its start."""
    for row in connection.execute(_STUBS):
        if row.chain == chain:
            return Link(row.segments, row.events, bytes(row.mac))
    return START


def chain_rows(connection: Connection, chain: str, after: int) -> Iterator[Row]:
    """The events of a chain after this one, in order, streamed."""
    rows = connection.execute(_EVENTS, {"chain": chain, "after": after}, execution_options={"yield_per": 10_000})
    for position, segment, action, person, facts, mac, origin, batch, recorded_at in rows:
        yield Row(position, segment, action, person, facts, mac, origin, (batch, recorded_at))


def _agrees(row: Row, said: dict[str, Any]) -> bool:
    return bool((said["batch"], datetime.fromisoformat(said["recorded_at"])) == row.more)


def _sealed(keychain: Keychain, row: Any, seal: Any, mac: bytes, *more: Any) -> bool:
    try:
        key = keychain.key("audit", row.key)
    except KeysError:
        return False
    return bool(seal(key, row.chain, row.segments, row.events, bytes(mac), *more) == bytes(row.seal))
