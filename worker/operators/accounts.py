"""Accounts: who may work with the service, under which roles. Nobody is deleted; what is done to one is an event."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from worker.audit.log import AuditLog, Event, Origin
from worker.clock import Clock
from worker.database.operators import LOGIN, ROLES
from worker.operators.passwords import hashed, made_up, refuse_weak
from worker.operators.rights import RIGHTS, may

# One change at a time: two admins who disable each other at once would leave nobody.
_LOCK = text("LOCK TABLE operator IN SHARE ROW EXCLUSIVE MODE")
ACCOUNTS = (
    "SELECT o.login, o.name, o.roles, o.disabled_at, o.must_change, o.password_since, o.added_by, o.added_at,"
    " (SELECT count(*) FROM console_session s WHERE s.login = o.login) AS sessions FROM operator o"
)
"""All accounts without their passwords, as SQL."""

_ALL = text(f"{ACCOUNTS} ORDER BY o.login")
_ONE = text("SELECT login, name, roles, password, must_change, disabled_at FROM operator WHERE login = :login")
_ANY = text("SELECT EXISTS (SELECT FROM operator)")
_ADMINS = text("SELECT login FROM operator WHERE 'admin' = ANY(roles) AND disabled_at IS NULL")
_ADD = text(
    "INSERT INTO operator (login, name, roles, password, password_since, must_change, added_by, added_at)"
    " VALUES (:login, :name, :roles, :password, :now, :must_change, :by, :now)"
)
_PASSWORD = text(
    "UPDATE operator SET password = :password, password_since = :now, must_change = :must_change WHERE login = :login"
)
_ROLES = text("UPDATE operator SET roles = :roles WHERE login = :login")
_DISABLE = text("UPDATE operator SET disabled_at = :now WHERE login = :login")
_ENABLE = text("UPDATE operator SET disabled_at = NULL WHERE login = :login")
_END_SESSIONS = text("DELETE FROM console_session WHERE login = :login")


class AccountRefused(Exception):
    """Something that cannot be done with an account; the sentence says why and what to do."""


class NotAllowed(Exception):
    """Somebody may not do this: no account, a disabled one, or none of the roles that it needs."""


@dataclass(frozen=True)
class Operator:
    """An account as it stands."""

    login: str
    name: str
    roles: tuple[str, ...]
    password: str
    must_change: bool
    disabled_at: datetime | None

    def may(self, act: str) -> bool:
        """Whether this person may do ``act``, a key of ``RIGHTS``."""
        return self.disabled_at is None and may(self.roles, act)


def find(connection: Connection, login: str) -> Operator | None:
    """The account with this login, written in any case."""
    row = connection.execute(_ONE, {"login": login.strip().lower()}).one_or_none()
    return None if row is None else Operator(**(dict(row._mapping) | {"roles": tuple(row.roles)}))


def listed(connection: Connection) -> list[dict[str, Any]]:
    """All accounts by login, without their passwords."""
    return [dict(row._mapping) for row in connection.execute(_ALL)]


def there_are_any(connection: Connection) -> bool:
    """Whether this installation has accounts; without any, names on the command line are free text."""
    return bool(connection.execute(_ANY).scalar_one())


def there_is_an_admin(connection: Connection) -> bool:
    """Whether anybody may manage accounts."""
    return connection.execute(_ADMINS).first() is not None


def acting(connection: Connection, by: str, act: str) -> str:
    """The name under which ``by`` does ``act``: where there are accounts, one that may do it. Raises ``NotAllowed``."""
    if not there_are_any(connection):
        return by
    found, right = find(connection, by), RIGHTS[act]
    if found is None:
        raise NotAllowed(f"{by!r} is no account here: say with --by who you are (`levy operators list`)")
    if found.disabled_at is not None:
        raise NotAllowed(f"the account {found.login} is disabled: it may not {right.what}")
    if not found.may(act):
        held, needed = ", ".join(found.roles), " or ".join(right.roles)
        raise NotAllowed(f"{found.login} ({held}) may not {right.what}: that needs the role {needed}")
    return found.login


@dataclass(frozen=True)
class Registry:
    """Where accounts are changed, and by whom: a login, or the account at the machine for the first of all."""

    audit: AuditLog
    clock: Clock
    by: str

    def add(
        self, connection: Connection, login: str, name: str, roles: Sequence[str], password: str | None = None
    ) -> str:
        """Add an account and return its password: the one given, or one made up, to be changed at the first login.

        Raises ``AccountRefused``, ``PasswordRefused``.
        """
        connection.execute(_LOCK)
        login, name = login.strip().lower(), name.strip()
        if not re.fullmatch(LOGIN, login):
            raise AccountRefused(
                f"{login!r} is no login: 2 to 32 letters, digits, dots or dashes, beginning with a letter"
            )
        if not 0 < len(name) <= 64 or any(unicodedata.category(sign)[0] == "C" for sign in name):
            raise AccountRefused("the name shown is missing, longer than 64 characters, or has control characters")
        if find(connection, login) is not None:
            raise AccountRefused(f"there is an account {login}: change its roles, or enable it")
        held = _roles(roles)
        if "admin" not in held and not there_is_an_admin(connection):
            raise AccountRefused("the first account must be an admin: nobody else could manage accounts")
        if password is not None:
            refuse_weak(password, login, name)
        given = password or made_up()
        values = {"login": login, "name": name, "roles": held, "password": hashed(given), "by": self.by}
        connection.execute(_ADD, values | {"must_change": password is None, "now": self.clock.now()})
        self.record(connection, "operator.added", login, roles=held)
        return given

    def change_roles(self, connection: Connection, login: str, roles: Sequence[str]) -> None:
        """Give an account just these roles. Raises ``AccountRefused``."""
        held, before = _roles(roles), self._locked(connection, login)
        if "admin" not in held:
            self._leaves_an_admin(connection, before)
        connection.execute(_ROLES, {"login": before.login, "roles": held})
        self.record(connection, "operator.roles_changed", before.login, before=sorted(before.roles), roles=held)

    def disable(self, connection: Connection, login: str) -> None:
        """Let nobody in by this account any more, and end its sessions. Raises ``AccountRefused``."""
        found = self._locked(connection, login)
        self._leaves_an_admin(connection, found)
        connection.execute(_DISABLE, {"login": found.login, "now": self.clock.now()})
        connection.execute(_END_SESSIONS, {"login": found.login})
        self.record(connection, "operator.disabled", found.login)

    def enable(self, connection: Connection, login: str) -> None:
        """Let an account in again. Raises ``AccountRefused``."""
        found = self._locked(connection, login)
        connection.execute(_ENABLE, {"login": found.login})
        self.record(connection, "operator.enabled", found.login)

    def set_password(self, connection: Connection, login: str, password: str | None = None) -> str:
        """Set a password, end the account's sessions, and return it; None makes one up, to be changed at the login.

        Raises ``AccountRefused``, ``PasswordRefused``.
        """
        found = self._locked(connection, login)
        if password is not None:
            refuse_weak(password, found.login, found.name)
        given = password or made_up()
        values = {"login": found.login, "password": hashed(given), "must_change": password is None}
        connection.execute(_PASSWORD, values | {"now": self.clock.now()})
        connection.execute(_END_SESSIONS, {"login": found.login})
        self.record(connection, "operator.password_changed", found.login, own=found.login == self.by)
        return given

    def record(self, connection: Connection, action: str, login: str | None, **facts: Any) -> None:
        """An event of the house; ``login`` is the account that it is about, None where there is none such."""
        said = ({"login": login} if login else {}) | facts
        now = self.clock.now()  # accounts live by the machine's day, also while a season of another year is played
        origin = Origin(f"operator:{self.by}", "house", now.date())
        self.audit.record(connection, origin, [Event(action, None, said)], now)

    def _locked(self, connection: Connection, login: str) -> Operator:
        connection.execute(_LOCK)
        found = find(connection, login)
        if found is None:
            raise AccountRefused(f"there is no account {login!r}: `levy operators list` has them")
        return found

    @staticmethod
    def _leaves_an_admin(connection: Connection, found: Operator) -> None:
        if set(connection.execute(_ADMINS).scalars()) == {found.login}:
            raise AccountRefused(f"{found.login} is the only admin: make somebody else one first")


def _roles(roles: Sequence[str]) -> list[str]:
    unknown = sorted(set(roles) - set(ROLES))
    if unknown or not roles:
        raise AccountRefused(f"{', '.join(unknown) or 'no role'}: roles are {', '.join(ROLES)}")
    return [role for role in ROLES if role in roles]
