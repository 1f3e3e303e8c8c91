"""Logging in and out, and changing one's own password: each is an event, and none says more than it must."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Engine, text

from worker.audit.log import AuditLog
from worker.clock import Clock
from worker.operators import sessions
from worker.operators.accounts import Operator, Registry, find
from worker.operators.passwords import LONGEST, PasswordRefused, fits, hashed, outdated
from worker.operators.sessions import Lifetime
from worker.operators.waits import MustWait, Waits

_log = structlog.get_logger("entering")
_DEARER = text("UPDATE operator SET password = :password WHERE login = :login AND password = :before")


class NotLetIn(Exception):
    """Name or password is wrong, or the account is disabled: nobody learns which."""


@dataclass(frozen=True)
class Entrance:
    """Where people log in. ``waits`` and ``lifetime`` are the installation's."""

    engine: Engine
    audit: AuditLog
    clock: Clock
    waits: Waits
    lifetime: Lifetime

    def enter(self, login: str, password: str, address: str, old_token: str | None = None) -> str:
        """Log in and return the token of a new session; one that the browser brought along ends.

        Raises ``MustWait``, ``NotLetIn``.
        """
        now = self.clock.now()
        try:
            with self.engine.begin() as connection:
                self.waits.attempt(connection, login, address, now)
        except MustWait as wait:
            _log.warning("login.waits", address=address, seconds=round(wait.seconds))
            raise
        with self.engine.connect() as connection:
            found = find(connection, login)
        kept = found.password if found is not None and found.disabled_at is None else None
        if not fits(kept, password[: LONGEST + 1]) or found is None:
            self._failed(found, address)
            raise NotLetIn("name or password is wrong, or the account is disabled")
        with self.engine.begin() as connection:
            if find(connection, login) != found:  # changed or disabled while its password was looked at
                raise NotLetIn("the account was changed just now: try again")
            self.waits.succeeded(connection, login, address, now)
            if old_token:
                sessions.end(connection, old_token)
            if outdated(found.password):
                values = {"login": found.login, "password": hashed(password), "before": found.password}
                connection.execute(_DEARER, values)
            token = self.lifetime.begin(connection, found.login, now)
            self._registry(found.login).record(connection, "operator.logged_in", found.login)
        _log.info("login.done", login=found.login, address=address)
        return token

    def leave(self, who: Operator, token: str) -> None:
        """Log out."""
        with self.engine.begin() as connection:
            sessions.end(connection, token)
            self._registry(who.login).record(connection, "operator.logged_out", who.login)

    def change_password(self, who: Operator, old: str, new: str, address: str) -> str:
        """Set one's own password; all sessions end, and the token of a new one is returned.

        Raises ``PasswordRefused``, ``MustWait``: who found a session open may not try passwords at leisure either.
        """
        now = self.clock.now()
        with self.engine.begin() as connection:
            self.waits.attempt(connection, who.login, address, now)
        if not fits(who.password, old[: LONGEST + 1]):
            raise PasswordRefused("old", "the password that you have now is another one")
        if old == new:
            raise PasswordRefused("same", "the new password is the one that you have now")
        with self.engine.begin() as connection:
            self._registry(who.login).set_password(connection, who.login, new)
            self.waits.succeeded(connection, who.login, address, now)
            return self.lifetime.begin(connection, who.login, now)

    def _failed(self, found: Operator | None, address: str) -> None:
        """An event without what was typed where it is no account's name: it may be a password, or somebody's number."""
        _log.warning("login.failed", login=found.login if found else None, address=address)
        with self.engine.begin() as connection:
            registry = self._registry(found.login if found else "?")  # no login that anybody could have
            disabled = {"disabled": True} if found and found.disabled_at else {}
            registry.record(connection, "operator.login_failed", found.login if found else None, **disabled)

    def _registry(self, login: str) -> Registry:
        return Registry(self.audit, self.clock, login)


def lifetime(idle_minutes: float, hours: float) -> Lifetime:
    """A lifetime as settings write it."""
    return Lifetime(timedelta(minutes=idle_minutes), timedelta(hours=hours))
