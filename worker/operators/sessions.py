"""Sessions of the console: kept in the database under the hash of a random token that only the browser has.

A session ends after a while without a click, after so many hours whatever happens, on logout, on a new password, and
when its account is disabled; roles are read anew at each click.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from worker.operators.accounts import Operator, find

_BEGIN = text(
    "INSERT INTO console_session (token_hash, login, began_at, seen_at) VALUES (:token_hash, :login, :now, :now)"
)
_FIND = text(
    "SELECT login, seen_at FROM console_session WHERE token_hash = :token_hash"
    " AND seen_at > :idle_since AND began_at > :begun_since"
)
_SEEN = text("UPDATE console_session SET seen_at = :now WHERE token_hash = :token_hash AND seen_at < :now")
_END = text("DELETE FROM console_session WHERE token_hash = :token_hash")
_FORGET = text(
    "DELETE FROM console_session WHERE token_hash IN (SELECT token_hash FROM console_session"
    " WHERE seen_at <= :idle_since OR began_at <= :begun_since FOR UPDATE SKIP LOCKED)"
)
_NOTE_EVERY = timedelta(seconds=20)


@dataclass(frozen=True)
class Lifetime:
    """How long a session lasts without a click, and in all."""

    idle: timedelta
    absolute: timedelta

    def _since(self, now: datetime) -> dict[str, datetime]:
        return {"idle_since": now - self.idle, "begun_since": now - self.absolute}

    def begin(self, connection: Connection, login: str, now: datetime) -> str:
        """Begin a session and return its token; what has run out is forgotten."""
        token = new_token()
        connection.execute(_FORGET, self._since(now))
        connection.execute(_BEGIN, {"token_hash": _hash(token), "login": login, "now": now})
        return token

    def whose(self, connection: Connection, token: str, now: datetime) -> Operator | None:
        """The account of a session that goes on, and note that it was seen; None for any other token."""
        values = {"token_hash": _hash(token), "now": now}
        row = connection.execute(_FIND, values | self._since(now)).one_or_none()
        found = None if row is None else find(connection, row.login)
        if row is None or found is None or found.disabled_at is not None:
            return None
        if now - row.seen_at >= min(_NOTE_EVERY, self.idle / 4):
            connection.execute(_SEEN, values)
        return found


def end(connection: Connection, token: str) -> None:
    """End one session."""
    connection.execute(_END, {"token_hash": _hash(token)})


def new_token() -> str:
    """256 random bits, fit for a cookie."""
    return secrets.token_urlsafe(32)


def form_token(token: str) -> str:
    """What every form of a session carries: made from its token, and telling nothing of it."""
    return hmac.digest(token.encode(), b"levybridge form", "sha256").hex()


def is_form_token(token: str, given: str) -> bool:
    """Whether ``given`` came from a form of this very session."""
    return hmac.compare_digest(form_token(token).encode(), given.encode())


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
