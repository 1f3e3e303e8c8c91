"""What a client may ask of us, once its key has let it in: each method is one operation of the wire."""

from __future__ import annotations

import hashlib
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import text

import config
from adapters.api import contract
from policies.answering import Desk as Policy
from worker.api.batches import take_batch
from worker.api.changes import CursorGone, changes_after
from worker.api.keys import Caller
from worker.api.person import state_of
from worker.audit.log import Event, Origin
from worker.house import House
from worker.ticks import tick

_STORED = text("SELECT payload_hash, reply FROM api_reply WHERE client = :client AND key = :key")
_STORE = text(
    "INSERT INTO api_reply (client, key, payload_hash, reply) VALUES (:client, :key, :hash, CAST(:reply AS jsonb))"
)
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:message, 610923))")
_AREA = re.compile("[0-9]{6}")
_LOCAL = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\.yaml")
_CALLBACK_SECONDS = 5.0
"""However often tax calls, it is followed at most so often."""


class Problem(Exception):
    """A request that is not done: status, code and a sentence."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code, self.sentence = status, code, sentence


@dataclass(frozen=True)
class Desk:
    """Answers in the name of the house."""

    house: House
    _policy: Policy = field(default_factory=lambda: Policy(Path(config.__path__[0]) / "local"))
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def push(self, caller: Caller, kind: str, key: str, body: bytes) -> dict[str, Any]:
        """Take a batch in, or give the stored answer to it again."""
        rows = read(body, {"enrolments": "Enrolments", "flags": "Flags", "accounts": "Accounts"}[kind])["rows"]
        area = self.house.law.area
        if any(_AREA.fullmatch(named := row.get("area") or area) and named != area for row in rows):
            raise Problem(403, "other_area", f"this key is for area {area}; a row names another")
        digest = hashlib.sha256(kind.encode() + b"\n" + body).hexdigest()
        with self.house.engine.begin() as connection:
            connection.execute(_ONE_AT_A_TIME, {"message": f"{caller.client} {key}"})
            stored = connection.execute(_STORED, {"client": caller.client, "key": key}).one_or_none()
            if stored is not None and stored.payload_hash != digest:
                raise Problem(409, "key_conflict", "this Idempotency-Key came before with another body")
            if stored is not None:
                return dict(stored.reply)
            reply = take_batch(connection, self.house, kind, rows, self._who(caller, key))
            values = {"client": caller.client, "key": key, "hash": digest, "reply": orjson.dumps(reply).decode()}
            connection.execute(_STORE, values)
            return reply

    def decide(self, caller: Caller, body: bytes) -> dict[str, Any]:
        """The policy engine's answers, in the order asked: those of `levy decide`."""
        questions = read(body, "Questions")["questions"]
        with self._reading:  # it remembers the local files that it has read
            answers = [self._answer(number, question) for number, question in enumerate(questions, 1)]
        self._note(caller, Event("decision.asked", None, {"questions": len(questions)}))
        return {"answers": answers}

    def _answer(self, number: int, question: dict[str, Any]) -> dict[str, Any]:
        if question.get("local") is not None and not _LOCAL.fullmatch(str(question["local"])):
            message = "name one of the files of local parameters that this installation keeps, without a path"
            return {"error": {"line": number, "field": "local", "message": message}}
        return self._policy.answer(orjson.dumps(question), number)[0]

    def person(self, caller: Caller, body: bytes) -> dict[str, Any]:
        """How somebody stands."""
        asked = read(body, "Who")
        clear = "read_clear" in caller.roles
        with self.house.engine.begin() as connection:
            found = state_of(
                connection, self.house.vault, self.house.law.area, asked["cert_type"], asked["cert_no"], clear
            )
            if found is None:
                raise Problem(404, "nobody", "nobody with this document has been taken in")
            self.house.audit.record(connection, self._who(caller), [found[1]], self.house.clock.now())
        return found[0]

    def changes(self, caller: Caller, after: int, limit: int) -> dict[str, Any]:
        """What happened after the cursor; that somebody was told is an event."""
        try:
            with self.house.engine.connect() as connection:
                told = changes_after(connection, self.house.law.area, after, limit)
        except CursorGone as gone:
            raise Problem(410, "cursor_gone", str(gone)) from None
        if told["items"]:
            self._note(caller, Event("changes.told", None, {"after": after, "up_to": told["next"]}))
        return told

    def tax_news(self, body: bytes) -> tuple[dict[str, Any], int | None]:
        """Tax says that there is something new: its feed is followed soon, as it would be anyway. The job, if fresh.

        Nothing of what it says is believed, so that a forged or repeated call can do no more than ask once too often.
        """
        read(body, "News")
        today, area = self.house.clock.today(), self.house.law.area
        job = tick(self.house.engine, "pull_payments", _CALLBACK_SECONDS, today, area)
        return {"noted": True}, job

    def _note(self, caller: Caller, event: Event) -> None:
        with self.house.engine.begin() as connection:
            self.house.audit.record(connection, self._who(caller), [event], self.house.clock.now())

    def _who(self, caller: Caller, key: str | None = None) -> Origin:
        return Origin(caller.actor, self.house.law.area, self.house.clock.today(), key)


def read(body: bytes, schema: str) -> dict[str, Any]:
    """The body as a document of this schema. Raises ``Problem``."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Problem(400, "not_json", "the body is not JSON") from None
    if (fault := contract().fault(schema, content)) is not None:
        place = fault.split(": ")[1] if fault.count(": ") > 1 else "the whole"
        raise Problem(400, "bad_request", f"the body is no {schema}: see {place[:80]}")  # never what it holds
    return dict(content)
