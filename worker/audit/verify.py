"""Checking the audit chain: every event, in order, against its keyed hash and the chain's head."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, text

_EVENTS = text(
    "SELECT position, segment, action, person_id, batch, recorded_at, body, mac FROM audit_event"
    " WHERE chain = :chain ORDER BY position"
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
    mac, expected = b"", 1
    rows = connection.execution_options(yield_per=10_000).execute(_EVENTS, {"chain": chain.chain})
    for row in rows:
        flaw = None
        if row.position != expected:
            flaw = Flaw(chain.chain, expected, f"events {expected} to {row.position - 1} are missing")
        elif hmac.digest(key, mac + row.body.encode(), "sha256") != bytes(row.mac):
            flaw = Flaw(chain.chain, row.position, "the body, its hash or its place was changed")
        elif not _columns_agree(row):
            flaw = Flaw(chain.chain, row.position, "a column was changed: it no longer says what the body says")
        yield flaw
        mac, expected = bytes(row.mac), row.position + 1
    if expected - 1 != chain.events or mac != bytes(chain.head):
        sentence = f"the chain ends at event {expected - 1}, its head was written for event {chain.events}"
        yield Flaw(chain.chain, expected, sentence)


def _columns_agree(row: Any) -> bool:
    body = orjson.loads(row.body)
    return bool(
        body["action"] == row.action
        and body["person"] == row.person_id
        and body["batch"] == row.batch
        and body["position"] == row.position
    )
