"""The audit log: events written in batches, chained by keyed hash, never edited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
import structlog
from sqlalchemy import Connection, text

from worker.database.copy import copy_columns
from worker.keyed_hash import keyed_hash
from worker.keys import Key, Keychain

_log = structlog.get_logger("audit")
_LOCK_HEAD = text(
    "INSERT INTO audit_chain AS c (chain, segments, events, head, key, seal)"
    " VALUES (:chain, 0, 0, ''::bytea, :key, ''::bytea)"
    " ON CONFLICT (chain) DO UPDATE SET chain = c.chain RETURNING segments, events, head, key"
)
_MOVE_HEAD = text(
    "UPDATE audit_chain SET segments = :segment, events = :events, head = :head, seal = :seal WHERE chain = :chain"
)
_SEGMENT = text(
    "INSERT INTO audit_segment (chain, segment, batch, recorded_at, origin)"
    " VALUES (:chain, :segment, :batch, :recorded_at, :origin)"
)


@dataclass(frozen=True)
class Origin:
    """Who acts and on what grounds: shared by all events of one transaction.

    ``actor`` is a worker, a person or a neighbour; ``chain`` is the area code (or ``house`` where no area applies).
    """

    actor: str
    chain: str
    business_date: date
    batch: str | None = None
    job_id: int | None = None
    attempt: int | None = None


class Event(NamedTuple):
    """One thing that happened: the action (``due.assessed``), to whom, and the facts (rule, before, after...)."""

    action: str
    person_id: int | None
    facts: Mapping[str, Any]


class AuditLog:
    """Appends events to a chain; verification is in ``worker.audit.verify``."""

    def __init__(self, keychain: Keychain) -> None:
        self._keychain = keychain

    def record(self, connection: Connection, origin: Origin, events: Iterable[Event], now: datetime) -> int:
        """Append ``events`` as one segment in the caller's transaction and return how many there were.

        Call it last in the transaction: the chain's head stays locked until the commit.
        """
        listed = list(events)
        if not listed:
            return 0
        newest = self._keychain.newest("audit").number
        head = connection.execute(_LOCK_HEAD, {"chain": origin.chain, "key": newest}).one()
        key = self._keychain.key("audit", head.key)
        segment, first, count = head.segments + 1, head.events + 1, len(listed)
        shared, digest = origin_text(origin, segment, now, key.number), digest_of(key)
        facts = [orjson.dumps(event.facts, option=orjson.OPT_SORT_KEYS) for event in listed]
        macs, mac = [], bytes(head.head)
        for position, (event, body) in enumerate(zip(listed, facts, strict=True), start=first):
            mac = event_mac(digest, mac, shared, position, event.action, event.person_id, body)
            macs.append(mac)
        place = {"chain": origin.chain, "segment": segment}
        connection.execute(_SEGMENT, place | {"batch": origin.batch, "recorded_at": now, "origin": shared.decode()})
        copy_columns(
            connection,
            "audit_event",
            {
                "chain": [origin.chain] * count,
                "position": range(first, first + count),
                "segment": [segment] * count,
                "action": [event.action for event in listed],
                "person_id": [event.person_id for event in listed],
                "facts": [body.decode() for body in facts],
                "mac": macs,
            },
        )
        last = first + count - 1
        seal = head_seal(key, origin.chain, segment, last, mac)
        connection.execute(_MOVE_HEAD, place | {"events": last, "head": mac, "seal": seal})
        # The head goes to the log stream too: who cuts the chain back to an earlier head is betrayed by the log, and by
        # the anchors (worker.audit.anchors), which are taken at an interval only.
        counted = Counter(event.action for event in listed)
        _log.info("audit", segment=segment, chain=origin.chain, last=last, head=mac.hex()[:32], events=counted)
        return count


def origin_text(origin: Origin, segment: int, now: datetime, key: int) -> bytes:
    """What the events of a segment share, as canonical JSON; ``key`` is the number of the audit key."""
    return orjson.dumps(
        {
            "actor": origin.actor,
            "attempt": origin.attempt,
            "batch": origin.batch,
            "business_date": origin.business_date,
            "chain": origin.chain,
            "job": origin.job_id,
            "key": key,
            "recorded_at": now,
            "segment": segment,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def digest_of(key: Key) -> Callable[[bytes], bytes]:
    """The keyed hash of an audit key."""
    return keyed_hash(key.secret, key.algorithm)


def event_mac(
    digest: Callable[[bytes], bytes],
    before: bytes,
    origin: bytes,
    position: int,
    action: str,
    person_id: int | None,
    facts: bytes,
) -> bytes:
    """The keyed hash of one event: it covers the event before it, what its segment shares, and all of its columns."""
    person = b"" if person_id is None else b"%d" % person_id
    said = b"%b\x00%b\x00%d\x00%b\x00%b\x00%b" % (before, origin, position, action.encode(), person, facts)
    return digest(said)


def head_seal(key: Key, chain: str, segments: int, events: int, head: bytes) -> bytes:
    """The keyed hash of a chain's head: without the key nobody can shorten the chain and write a head that fits."""
    said = b"head\x00%b\x00%d\x00%d\x00%d\x00%b" % (chain.encode(), segments, events, key.number, head)
    return digest_of(key)(said)


def stub_seal(key: Key, chain: str, segments: int, events: int, mac: bytes, until: date) -> bytes:
    """The keyed hash of a stub: up to where a chain was exported and removed."""
    return digest_of(key)(
        b"stub\x00%b\x00%d\x00%d\x00%b\x00%b" % (chain.encode(), segments, events, mac, b"%d" % until.toordinal())
    )
