"""The audit log: events written in batches, chained by keyed hash, never edited."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
import structlog
from sqlalchemy import Connection, text

from worker.database.copy import copy_columns

_log = structlog.get_logger("audit")
_LOCK_HEAD = text(
    "INSERT INTO audit_chain AS c (chain, segments, events, head) VALUES (:chain, 0, 0, ''::bytea)"
    " ON CONFLICT (chain) DO UPDATE SET chain = c.chain RETURNING segments, events, head"
)
_MOVE_HEAD = text("UPDATE audit_chain SET segments = :segments, events = :events, head = :head WHERE chain = :chain")


@dataclass(frozen=True)
class Origin:
    """Who acts and on what grounds: bound to every event of one transaction.

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

    def __init__(self, key: bytes) -> None:
        self._key = key

    def record(self, connection: Connection, origin: Origin, events: Iterable[Event], now: datetime) -> int:
        """Append ``events`` as one segment in the caller's transaction and return how many there were.

        Call it last in the transaction: the chain's head stays locked until the commit.
        """
        listed = list(events)
        if not listed:
            return 0
        head = connection.execute(_LOCK_HEAD, {"chain": origin.chain}).one()
        common = {
            "actor": origin.actor,
            "attempt": origin.attempt,
            "batch": origin.batch,
            "business_date": origin.business_date,
            "chain": origin.chain,
            "job": origin.job_id,
            "recorded_at": now,
        }
        bodies, macs = self._chain(bytes(head.head), head.events, common, listed)
        count = len(listed)
        copy_columns(
            connection,
            "audit_event",
            {
                "chain": [origin.chain] * count,
                "position": range(head.events + 1, head.events + 1 + count),
                "segment": [head.segments + 1] * count,
                "action": [event.action for event in listed],
                "person_id": [event.person_id for event in listed],
                "batch": [origin.batch] * count,
                "recorded_at": [now] * count,
                "body": bodies,
                "mac": macs,
            },
        )
        connection.execute(
            _MOVE_HEAD,
            {
                "chain": origin.chain,
                "segments": head.segments + 1,
                "events": head.events + count,
                "head": macs[-1],
            },
        )
        counts: dict[str, int] = {}
        for event in listed:
            counts[event.action] = counts.get(event.action, 0) + 1
        _log.info("audit", segment=head.segments + 1, chain=origin.chain, batch=origin.batch, events=counts)
        return count

    def _chain(
        self, mac: bytes, position: int, common: dict[str, Any], events: list[Event]
    ) -> tuple[list[str], list[bytes]]:
        bodies: list[str] = []
        macs: list[bytes] = []
        for number, event in enumerate(events, start=position + 1):
            body = orjson.dumps(
                common | {"position": number, "action": event.action, "person": event.person_id, "facts": event.facts},
                option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS,
            )
            mac = hmac.digest(self._key, mac + body, "sha256")
            bodies.append(body.decode())
            macs.append(mac)
        return bodies, macs
