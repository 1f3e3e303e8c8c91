"""Rows of a feed that cannot be booked: kept as they came, encrypted, for a person to look at; the feed goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, text

from adapters.ports import Malformed
from worker.privacy import Vault

_HOLD = text(
    "INSERT INTO held_row (feed, digest, reason, body, job_id) SELECT :feed, n.digest, n.reason, n.body, :job"
    " FROM unnest(CAST(:digests AS text[]), CAST(:reasons AS text[]), CAST(:bodies AS bytea[]))"
    " AS n(digest, reason, body) ON CONFLICT (digest) DO NOTHING"
)


def hold(connection: Connection, vault: Vault, feed: str, job_id: int, rows: Sequence[Malformed]) -> None:
    """Keep the rows; the same row of the same feed is kept once. Reasons name fields, never what stands in them."""
    if rows:
        values = {
            "feed": feed,
            "job": job_id,
            "digests": [hashlib.sha256(f"{feed}\0{row.raw}".encode()).hexdigest() for row in rows],
            "reasons": [row.reason for row in rows],
            "bodies": vault.encrypt([row.raw for row in rows]),
        }
        connection.execute(_HOLD, values)
