"""Checking the audit chain: every event, in order, against its keyed hash and the chain's head."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text

from worker.audit.log import event_mac, head_seal

_EVENTS = text(
    "SELECT e.position, e.segment, e.action, e.person_id, e.facts, e.mac, s.origin, s.batch, s.recorded_at"
    " FROM audit_event e LEFT JOIN audit_segment s ON s.chain = e.chain AND s.segment = e.segment"
    " WHERE e.chain = :chain ORDER BY e.position"
)


_CHAINS = text("SELECT chain, segments, events, head, seal FROM audit_chain ORDER BY chain")
_HEADLESS = text(
    "SELECT chain FROM audit_event UNION SELECT chain FROM audit_segment EXCEPT SELECT chain FROM audit_chain"
)
_EMPTY = text(
    "SELECT s.chain, s.segment FROM audit_segment s LEFT JOIN (SELECT DISTINCT chain, segment FROM audit_event) AS e"
    " ON e.chain = s.chain AND e.segment = s.segment WHERE e.segment IS NULL ORDER BY 1, 2 LIMIT 20"
)
_UNTOLD = text("SELECT EXISTS (SELECT FROM transfer) AND NOT EXISTS (SELECT FROM audit_event)")


@dataclass(frozen=True)
class Flaw:
    """One place where the chain does not hold: chain, position, and a sentence."""

    chain: str
    position: int
    sentence: str


def verify(connection: Connection, key: bytes) -> tuple[int, list[Flaw]]:
    """Walk every chain; returns the number of events seen and the flaws found, first flaw of each place."""
    seen, flaws = 0, []
    for chain in connection.execute(_CHAINS).all():
        for flaw in _walk(connection, key, chain):
            if flaw is None:
                seen += 1
            else:
                flaws.append(flaw)
    for chain in connection.execute(_HEADLESS).scalars():
        flaws.append(Flaw(chain, 0, "events or segments stand in a chain that has no head: the head was removed"))
    for chain, segment in connection.execute(_EMPTY).all():
        flaws.append(Flaw(chain, 0, f"segment {segment} has no events: they were removed, or it was made up"))
    if connection.execute(_UNTOLD).scalar_one():
        flaws.append(Flaw("", 0, "there are transfers, and no event that tells of them: the log was emptied"))
    return seen, flaws


def _walk(connection: Connection, key: bytes, chain: Any) -> Iterator[Flaw | None]:
    """None for each sound event, a flaw for each that is not."""
    mac, expected, name = b"", 1, chain.chain
    sound: tuple[int, bytes] | None = None
    rows = connection.execute(_EVENTS, {"chain": name}, execution_options={"yield_per": 10_000})
    for row in rows:
        position, segment, action, person, facts, found, origin, batch, recorded_at = row
        flaw = None
        if position != expected:
            flaw = Flaw(name, expected, f"events {expected} to {position - 1} are missing")
        elif origin is None:
            flaw = Flaw(name, position, f"segment {segment}, which says who acted, is missing")
        else:
            said = origin.encode()
            if event_mac(key, mac, said, position, action, person, facts.encode()) != found:
                flaw = Flaw(name, position, "the event, its place or its segment was changed")
            elif sound != (segment, said):
                if _segment_agrees(said, name, segment, batch, recorded_at):
                    sound = (segment, said)
                else:
                    flaw = Flaw(name, position, "a column of its segment no longer says what the segment says")
        yield flaw
        mac, expected = bytes(found), position + 1
    if expected - 1 != chain.events or mac != bytes(chain.head):
        sentence = f"the chain ends at event {expected - 1}, its head was written for event {chain.events}"
        yield Flaw(name, expected, sentence)
    if head_seal(key, name, chain.segments, chain.events, bytes(chain.head)) != bytes(chain.seal):
        yield Flaw(name, expected, "the head of the chain was not written by this service")


def _segment_agrees(origin: bytes, chain: str, segment: int, batch: str | None, recorded_at: datetime) -> bool:
    said = orjson.loads(origin)
    moment = datetime.fromisoformat(said["recorded_at"])
    return bool((said["chain"], said["segment"], said["batch"], moment) == (chain, segment, batch, recorded_at))
