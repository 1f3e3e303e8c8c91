"""Sending a message to a neighbour exactly once in effect: intent first, the same bytes ever after.

The intent (key, hash, the bytes themselves) is committed before the request leaves. A repeated attempt asks the far
side by key before it sends anything; what it then sends are the bytes of the first time.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, text

from worker.jobs.work import NeverSeen, Work
from worker.privacy import Vault

Reply = TypeVar("Reply")

_STORED = text("SELECT body, payload_hash FROM message WHERE key = :key")
_KEEP = text(
    "INSERT INTO message (key, job_id, neighbour, payload_hash, body) VALUES (:key, :job, :neighbour, :hash, :body)"
)
_ASKED = text("UPDATE message SET asked_at = now() WHERE key = :key")
_ANSWERED = text("UPDATE message SET answered_at = now(), body = NULL WHERE key = :key")


def exchange(
    work: Work,
    vault: Vault,
    neighbour: str,
    compose: Callable[[Connection], bytes | None],
    ask: Callable[[str, bytes], Reply | None],
    send: Callable[[str, bytes], Reply],
) -> Reply | None:
    """The neighbour's reply to this job's message; None when ``compose`` found that nothing is left to send.

    The job's key is the message's key. Failures of the port pass through: ``worker.jobs.run`` knows what they mean.
    A job that only asks sends nothing: it raises ``NeverSeen`` when the far side does not have its message.
    """
    work.look(neighbour)  # before anything is composed: a neighbour that is left in peace gets no message
    key = f"{work.job.kind}-{work.job.key}"
    with work.step() as connection:
        body = _stored(connection, vault, key)
        repeated = body is not None
        if body is None:
            if work.job.asks:
                raise NeverSeen(f"nothing of {key} has left yet")
            body = compose(connection)
            if body is None:
                return None
            _keep(connection, vault, work.job.id, key, neighbour, body)
    if repeated and (reply := ask(key, body)) is not None:
        return reply
    if work.job.asks:
        with work.step() as connection:
            connection.execute(_ASKED, {"key": key})
        raise NeverSeen(f"{neighbour} never saw {key}: sending it is safe")
    return send(key, body)


def answered(connection: Connection, work: Work) -> None:
    """Note, in the transaction that records the reply, that the message needs no more repeating."""
    connection.execute(_ANSWERED, {"key": f"{work.job.kind}-{work.job.key}"})


def _stored(connection: Connection, vault: Vault, key: str) -> bytes | None:
    row = connection.execute(_STORED, {"key": key}).one_or_none()
    if row is None:
        return None
    body = zlib.decompress(vault.decrypt_bytes([bytes(row.body)])[0])
    if hashlib.sha256(body).hexdigest() != row.payload_hash:
        raise ValueError(f"message {key}: the stored bytes are not the ones that were meant to be sent")
    return body


def _keep(connection: Connection, vault: Vault, job_id: int, key: str, neighbour: str, body: bytes) -> None:
    sealed = vault.sealing(connection).encrypt_bytes([zlib.compress(body, 1)])[0]
    digest = hashlib.sha256(body).hexdigest()
    connection.execute(_KEEP, {"key": key, "job": job_id, "neighbour": neighbour, "hash": digest, "body": sealed})
