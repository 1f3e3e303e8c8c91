"""What a peer may ask of us, once it is let in: take a history, tell one, compare, keep notices."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from adapters.peer.client import contract
from adapters.peer.history import NOTHING, history_of
from worker.audit.anchors import anchor_of
from worker.audit.log import Origin
from worker.audit.peers import keep_heads, kept_heads
from worker.handoff.cases import find, history
from worker.handoff.notices import keep_notices
from worker.handoff.opening import NotYet
from worker.handoff.take import Impossible, take
from worker.house import House

_STORED = text("SELECT payload_hash, reply FROM peer_reply WHERE peer = :peer AND key = :key")
_STORE = text(
    "INSERT INTO peer_reply (peer, key, payload_hash, reply) VALUES (:peer, :key, :hash, CAST(:reply AS jsonb))"
)
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:message, 610922))")


class Problem(Exception):
    """A request that is not done: status, code, a sentence, and what else the reply says."""

    def __init__(self, status: int, code: str, sentence: str, **more: Any) -> None:
        super().__init__(sentence)
        self.status = status
        self.content = {"code": code, "text": sentence, **more}


@dataclass(frozen=True)
class Desk:
    """Answers in the name of the house; each method is one operation of the wire."""

    house: House

    def offer(self, peer: str, key: str, body: bytes) -> dict[str, Any]:
        """Take what we lack of the history in ``body``."""
        offered = history_of(_read(body, "History"))

        def taken(connection: Connection) -> dict[str, Any]:
            result = take(connection, self.house, peer, offered, self.house.clock.today(), self._who(peer, key))
            if result.outcome == "behind":
                held = history(connection, self.house.vault, result.stand)
                raise Problem(409, "out_of_step", f"the case is {result.stand.state} here", history=held.wire())
            return {"case": offered.case.id, "head": result.stand.head._asdict(), "outcome": result.outcome}

        try:
            reply = self._once(peer, key, body, taken)
        except NotYet as error:
            raise Problem(503, "not_yet", str(error)) from error
        except Impossible as error:
            raise Problem(422, error.code, str(error)) from error
        except IntegrityError as error:
            if getattr(error.orig.diag, "constraint_name", "") != "uq_handoff_voucher":  # type: ignore[union-attr]
                raise
            raise Problem(422, "known_voucher", "another case about this voucher and this person is known") from None
        if reply["outcome"] == "diverged":
            raise Problem(409, "diverged", "we hold other steps of this case; somebody has to compare both")
        return reply

    def notify(self, peer: str, key: str, body: bytes) -> dict[str, Any]:
        """Keep the notices in ``body``."""
        told = _read(body, "Notices")["notices"]
        return self._once(
            peer, key, body, lambda connection: {"taken": keep_notices(connection, self.house.vault, peer, key, told)}
        )

    def anchor(self, peer: str, key: str, body: bytes) -> dict[str, Any]:
        """Keep heads of the peer's audit chains; where they contradict what we keep, our own log says so."""
        heads = [anchor_of(head, peer) for head in _read(body, "Anchors")["heads"]]

        def kept(connection: Connection) -> dict[str, Any]:
            events = keep_heads(connection, peer, heads)
            self.house.audit.record(connection, self._who(peer, key), events, self.house.clock.now())
            return {"taken": len(heads)}

        return self._once(peer, key, body, kept)

    def kept_anchors(self, peer: str, body: bytes) -> dict[str, Any]:
        """Heads of one of the peer's own chains that we keep."""
        asked = _read(body, "AnchorsQuestion")
        with self.house.engine.connect() as connection:
            return {"heads": [head.wire() for head in kept_heads(connection, peer, asked["chain"], asked["after"])]}

    def reply_to(self, peer: str, key: str) -> dict[str, Any]:
        """The stored reply under a key."""
        with self.house.engine.connect() as connection:
            row = connection.execute(_STORED, {"peer": peer, "key": key}).one_or_none()
        if row is None:
            raise Problem(404, "unknown_key", "no message with this key has come")
        return dict(row.reply)

    def case(self, peer: str, case: str) -> dict[str, Any]:
        """A whole case between the peer and us."""
        with self.house.engine.connect() as connection:
            stand = find(connection, case)
            if stand is None or stand.peer != peer or not stand.steps:
                raise Problem(404, "unknown_case", "there is no such case between us")
            return history(connection, self.house.vault, stand).wire()

    def heads(self, peer: str, body: bytes) -> dict[str, Any]:
        """How far our histories of these cases go."""
        cases = _read(body, "HeadsQuestion")["cases"]
        with self.house.engine.connect() as connection:
            found = {case: stand for case in cases if (stand := find(connection, case)) and stand.peer == peer}
        heads = {case: found[case].head if case in found else NOTHING for case in cases}
        return {"heads": [{"case": case} | head._asdict() for case, head in heads.items()]}

    def _once(self, peer: str, key: str, body: bytes, act: Callable[[Connection], dict[str, Any]]) -> dict[str, Any]:
        """Act and store the reply under its key in one transaction, or give the stored reply again."""
        digest = hashlib.sha256(body).hexdigest()
        with self.house.engine.begin() as connection:
            connection.execute(_ONE_AT_A_TIME, {"message": f"{peer} {key}"})
            stored = connection.execute(_STORED, {"peer": peer, "key": key}).one_or_none()
            if stored is not None and stored.payload_hash != digest:
                raise Problem(409, "key_conflict", "this key came before with another body")
            if stored is not None:
                return dict(stored.reply)
            reply = {"key": key, "sha256": digest} | act(connection)
            if reply.get("outcome") != "diverged":
                values = {"peer": peer, "key": key, "hash": digest, "reply": orjson.dumps(reply).decode()}
                connection.execute(_STORE, values)
            return reply

    def _who(self, peer: str, key: str) -> Origin:
        return Origin(f"peer:{peer}", self.house.law.area, self.house.clock.today(), key)


def _read(body: bytes, schema: str) -> dict[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Problem(400, "not_json", "the body is not JSON") from None
    if contract().fault(schema, content) is not None:  # its text would repeat what the body holds
        raise Problem(400, "bad_request", f"the body is no {schema} of this wire")
    return dict(content)
