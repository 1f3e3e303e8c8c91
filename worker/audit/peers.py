"""Heads that installations keep for one another: a peer's with us, ours with each peer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson
from sqlalchemy import Connection, text

from adapters.peer.port import PeerPort
from worker.audit.anchors import Anchor, anchor_of
from worker.audit.log import Event

_PAGE = 1000
_KEEP = text(
    "INSERT INTO peer_anchor (peer, chain, events, head, segments, key, seal, said_at) SELECT :peer, chain, events,"
    " decode(head, 'hex'), segments, key, decode(seal, 'hex'), at FROM json_to_recordset(:heads) AS n(chain text,"
    " events bigint, head text, segments int, key smallint, seal text, at timestamptz) ON CONFLICT DO NOTHING"
)
_CONTRADICTED = text(
    "SELECT n.chain, n.events, max(k.events) AS known FROM json_to_recordset(:heads) AS n(chain text, events bigint,"
    " head text) JOIN peer_anchor k ON k.peer = :peer AND k.chain = n.chain AND k.events >= n.events"
    "  AND k.head <> decode(n.head, 'hex')"
    " WHERE NOT EXISTS (SELECT FROM peer_anchor s WHERE s.peer = :peer AND s.chain = n.chain AND s.events = n.events"
    "  AND s.head = decode(n.head, 'hex')) GROUP BY 1, 2 ORDER BY 1, 2"
)
_KEPT = text(
    "SELECT chain, segments, events, head, key, seal, said_at FROM peer_anchor"
    " WHERE peer = :peer AND chain = :chain AND events > :after ORDER BY events, recorded_at LIMIT :page"
)


def keep_heads(connection: Connection, peer: str, heads: Sequence[Anchor]) -> list[Event]:
    """Keep heads of a peer's chains; an event for each that cannot be true beside what we have kept before."""
    values = {"peer": peer, "heads": orjson.dumps([head.wire() for head in heads]).decode()}
    events = [
        Event(
            "anchor.contradicted", None,
            {"peer": peer, "chain": row.chain, "events": row.events, "known": row.known},
        )
        for row in connection.execute(_CONTRADICTED, values)
    ]  # fmt: skip
    connection.execute(_KEEP, values)
    return events


def kept_heads(connection: Connection, peer: str, chain: str, after: int) -> list[Anchor]:
    """Heads of the peer's chain that we keep, of more than ``after`` events."""
    rows = connection.execute(_KEPT, {"peer": peer, "chain": chain, "after": after, "page": _PAGE})
    return [
        Anchor(row.chain, row.segments, row.events, bytes(row.head), row.key, bytes(row.seal), row.said_at.isoformat())
        for row in rows
    ]


def heads_at(peer: str, port: PeerPort, chain: str) -> Iterator[Anchor]:
    """All heads of our chain that a peer keeps. Raises ``adapters.ports.Unavailable``."""
    after = 0
    while page := [anchor_of(head, f"peer {peer}") for head in port.kept_anchors(chain, after)]:
        yield from page
        after = page[-1].events
