"""Checking the audit chain: every event, in order, against its keyed hash and the chain's head."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text

from worker.audit.log import event_mac

_EVENTS = text(
    "SELECT e.position, e.segment, e.action, e.person_id, e.facts, e.mac, s.origin, s.batch, s.recorded_at"
    " FROM audit_event e LEFT JOIN audit_segment s ON s.chain = e.chain AND s.segment = e.segment"
    " WHERE e.chain = :chain ORDER BY e.position"
)


@dataclass(frozen=True)
class Flaw:
    """One place where the chain does not hold: chain, position, and a sentence."""

    chain: str
    position: int
    sentence: str


def verify(connection: Connection, key: bytes) -> tuple[int, list[Flaw]]:
    """Walk every chain; returns the number of events seen and the flaws found, first flaw of each place."""
    seen, flaws = 0, []
    for chain in connection.execute(text("SELECT chain, events, head FROM audit_chain ORDER BY chain")).all():
        for flaw in _walk(connection, key, chain):
            if flaw is None:
                seen += 1
            else:
                flaws.append(flaw)
    orphans = connection.execute(
        text("SELECT DISTINCT chain FROM audit_event WHERE chain NOT IN (SELECT chain FROM audit_chain)")
    ).scalars()
    flaws.extend(Flaw(chain, 0, "events stand in a chain that has no head: the head was removed") for chain in orphans)
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
                if _segment_agrees(said, segment, batch, recorded_at):
                    sound = (segment, said)
                else:
                    flaw = Flaw(name, position, "a column of its segment no longer says what the segment says")
        yield flaw
        mac, expected = bytes(found), position + 1
    if expected - 1 != chain.events or mac != bytes(chain.head):
        sentence = f"the chain ends at event {expected - 1}, its head was written for event {chain.events}"
        yield Flaw(name, expected, sentence)


def _segment_agrees(origin: bytes, segment: int, batch: str | None, recorded_at: datetime) -> bool:
    said = orjson.loads(origin)
    moment = datetime.fromisoformat(said["recorded_at"])
    return bool(said["segment"] == segment and said["batch"] == batch and moment == recorded_at)
