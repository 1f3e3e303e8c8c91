"""Keys of the systems that integrate: shown once, known again by a hash; two of a client may be valid at once.

A key reads ``levy_<id>_<secret>``. The id stands in logs and in the audit log; of the secret, 32 random bytes, only the
SHA-256 is stored: there is nothing to guess in it, so that no slow hash is needed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.database.api import ROLES

_FORM = re.compile(r"levy_([0-9a-f]{12})_([0-9a-f]{64})")
_CLIENT = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_ADD = text(
    "INSERT INTO service_key (id, client, area, roles, secret, expires_on, added_by, added_at)"
    " VALUES (:id, :client, :area, :roles, :secret, :until, :by, :now)"
)
_VALID = text(
    "SELECT count(*) FROM service_key WHERE client = :client AND area = :area AND revoked_at IS NULL"
    " AND expires_on >= :today"
)
_LIST = text("SELECT * FROM service_key ORDER BY client, added_at")
_REVOKE = text(
    "UPDATE service_key SET revoked_by = :by, revoked_at = :now WHERE id = :id AND revoked_at IS NULL"
    " RETURNING client, area"
)
# The count holds for all processes; the row is locked for this one statement.
_CALL = text(
    "UPDATE service_key SET calls = CASE WHEN minute = :minute THEN least(calls, 1000000) + 1 ELSE 1 END,"
    " minute = :minute, used_at = :now WHERE id = :id AND secret = :secret AND revoked_at IS NULL"
    " AND expires_on >= :today AND area = :area RETURNING client, roles, calls, secret"
)
_NOBODYS = bytes(32)


class KeyRefused(Exception):
    """A key is not made; the sentence says why."""


class NotAdmitted(Exception):
    """There is no key, or none that opens: unknown, wrong, revoked and expired look the same from outside."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose call it is: the client, the key's id, its roles, and how many calls it made in this minute."""

    client: str
    key: str
    roles: frozenset[str]
    calls: int

    @property
    def actor(self) -> str:
        """As the audit log names it."""
        return f"client:{self.client}/{self.key}"


def add_key(
    connection: Connection,
    client: str,
    area: str,
    roles: Sequence[str],
    today: date,
    until: date,
    by: str,
    now: datetime,
) -> tuple[str, Event]:
    """Make a key and return it, which nobody can do again. Raises ``KeyRefused``."""
    if not _CLIENT.fullmatch(client):
        raise KeyRefused(
            "the client's name is to be of 2 to 32 small letters, digits, dots, hyphens, such as civil-affairs"
        )
    if not roles or not set(roles) <= set(ROLES):
        raise KeyRefused(f"the roles are to be some of {', '.join(ROLES)}")
    if not today <= until or (until - today).days > 732:
        raise KeyRefused("a key is to end within two years: it is replaced while both are valid")
    if connection.execute(_VALID, {"client": client, "area": area, "today": today}).scalar_one() >= 2:
        raise KeyRefused(f"{client} has two valid keys: revoke the older one first (`levy service-keys list`)")
    number, secret = secrets.token_hex(6), secrets.token_hex(32)
    values = {"id": number, "client": client, "area": area, "roles": sorted(set(roles)), "until": until, "by": by}
    connection.execute(_ADD, values | {"secret": _hash(secret), "now": now})
    facts = {"key": number, "client": client, "roles": sorted(set(roles)), "until": until}
    return f"levy_{number}_{secret}", Event("service_key.added", None, facts)


def list_keys(connection: Connection, today: date) -> list[dict[str, object]]:
    """All keys there ever were, without their secrets."""
    return [
        {
            "key": row.id, "client": row.client, "area": row.area, "roles": " ".join(row.roles),
            "until": row.expires_on,
            "state": "revoked" if row.revoked_at else "expired" if row.expires_on < today else "valid",
            "last_used": row.used_at, "added_by": row.added_by,
        }
        for row in connection.execute(_LIST)
    ]  # fmt: skip


def revoke_key(connection: Connection, number: str, by: str, now: datetime) -> Event:
    """End a key from this moment on. Raises ``KeyRefused``."""
    row = connection.execute(_REVOKE, {"id": number, "by": by, "now": now}).one_or_none()
    if row is None:
        raise KeyRefused(f"there is no key {number} that is still valid: `levy service-keys list` names them")
    return Event("service_key.revoked", None, {"key": number, "client": row.client})


def admit(connection: Connection, header: str | None, area: str, today: date, now: datetime) -> Caller:
    """Who calls with this ``Authorization`` header, counted. Raises ``NotAdmitted``.

    A key of another form takes the same way as one of the right form, so that neither answer nor time tells them apart.
    """
    found = _FORM.fullmatch((header or "").removeprefix("Bearer "))
    number, offered = (found[1], _hash(found[2])) if found else ("", _NOBODYS)
    values = {"id": number, "secret": offered, "today": today, "area": area, "now": now}
    row = connection.execute(_CALL, values | {"minute": int(now.timestamp() // 60)}).one_or_none()
    if not hmac.compare_digest(bytes(row.secret) if row else bytes(31) + b"\1", offered) or row is None:
        raise NotAdmitted
    return Caller(row.client, number, frozenset(row.roles), row.calls)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(bytes.fromhex(secret)).digest()
