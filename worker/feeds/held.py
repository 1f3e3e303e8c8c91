"""Rows of a feed that cannot be booked: kept as they came, encrypted, for a person to look at; the feed goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, text

from adapters.ports import Malformed
from worker.privacy import Vault

_HOLD = text(
    "INSERT INTO held_row (feed, digest, reason, body, waits_for, job_id) SELECT :feed, n.digest, n.reason, n.body,"
    " n.waits_for, :job FROM unnest(CAST(:digests AS text[]), CAST(:reasons AS text[]), CAST(:bodies AS bytea[]),"
    " CAST(:waits AS bigint[])) AS n(digest, reason, body, waits_for) ON CONFLICT (digest) DO UPDATE"
    " SET waits_for = excluded.waits_for WHERE held_row.waits_for <> excluded.waits_for"
)
_WAITING = (
    "SELECT w.id, w.body FROM held_row w WHERE w.feed = :feed AND w.waits_for IS NOT NULL AND w.booked_at IS NULL"
    " AND {free} ORDER BY w.id FOR UPDATE"
)
_BOOKED = text("UPDATE held_row SET booked_at = now() WHERE id = :id")


def hold(connection: Connection, vault: Vault, feed: str, job_id: int, rows: Sequence[Malformed]) -> None:
    """Keep the rows; the same row of the same feed is kept once. Reasons name fields, never what stands in them."""
    if rows:
        values = {
            "feed": feed,
            "job": job_id,
            "digests": [hashlib.sha256(f"{feed}\0{row.raw}".encode()).hexdigest() for row in rows],
            "reasons": [row.reason for row in rows],
            "bodies": vault.sealing(connection).encrypt([row.raw for row in rows]),
            "waits": [row.waits_for for row in rows],
        }
        connection.execute(_HOLD, values)


def waiting_rows(connection: Connection, vault: Vault, feed: str, free: str) -> dict[int, Any]:
    """The rows, by their number, that waited for something which is over now: ``free`` says so of ``w``, as SQL."""
    rows = connection.execute(text(_WAITING.format(free=free)), {"feed": feed}).all()
    bodies = vault.decrypt([bytes(row.body) for row in rows])
    return {row.id: orjson.loads(body) for row, body in zip(rows, bodies, strict=True)}


def note_booked(connection: Connection, number: int) -> None:
    """The row is booked now: it stays as evidence, and is listed no more."""
    connection.execute(_BOOKED, {"id": number})
