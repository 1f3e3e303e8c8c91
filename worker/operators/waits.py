"""Waits after failed logins, per account and per address, kept in the database: they hold over all processes.

An attempt is counted before the password is looked at, so that many at once are as slow as one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from worker.keyed_hash import keyed_hash
from worker.keys import Keychain

_TRY = text(
    "INSERT INTO login_wait AS w (who, failures, failed_at, wait_until) VALUES (:who, 1, :now, :now)"
    " ON CONFLICT (who) DO UPDATE SET failed_at = :now,"
    "  failures = CASE WHEN w.failed_at <= :forgotten THEN 1 ELSE w.failures + 1 END,"
    "  wait_until = CASE WHEN w.failed_at > :forgotten AND w.failures + 1 >= :free"
    "   THEN :now + make_interval(secs => least(:longest, power(2, least(w.failures + 1 - :free, 30)))) ELSE :now END"
    " WHERE w.wait_until <= :now RETURNING failures"
)
_UNTIL = text("SELECT wait_until FROM login_wait WHERE who = :who")
_CLEAR = text("DELETE FROM login_wait WHERE who = :who")
_TAKE_BACK = text(
    "UPDATE login_wait SET failures = greatest(failures - 1, 0), wait_until = least(wait_until, :now) WHERE who = :who"
)
_FORGET = text(
    "DELETE FROM login_wait WHERE who IN (SELECT who FROM login_wait"
    " WHERE failed_at <= :forgotten AND wait_until <= :now FOR UPDATE SKIP LOCKED)"
)


class MustWait(Exception):
    """Too many logins have failed; ``seconds`` is how long none is looked at."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many logins have failed: try again in {max(seconds, 1):.0f} s")
        self.seconds = max(seconds, 1)


@dataclass(frozen=True)
class Waits:
    """How many failures are free, per account and per address; then 1, 2, 4... seconds up to ``longest``.

    Failures are forgotten after a quiet time of ``forget``. An address may be that of a whole office.
    """

    keychain: Keychain
    account_free: int = 4
    address_free: int = 20
    longest: timedelta = timedelta(minutes=15)
    forget: timedelta = timedelta(hours=1)

    def attempt(self, connection: Connection, login: str, address: str, now: datetime) -> None:
        """Count an attempt, to be committed before the password is looked at. Raises ``MustWait``: count nothing."""
        connection.execute(_FORGET, self._times(now))
        for who, free in (
            (self._who("address", address), self.address_free),
            (self._account(login), self.account_free),
        ):
            values = self._times(now) | {"who": who, "free": free, "longest": self.longest.total_seconds()}
            if connection.execute(_TRY, values).one_or_none() is None:
                until: datetime = connection.execute(_UNTIL, {"who": who}).scalar_one()
                raise MustWait((until - now).total_seconds())

    def succeeded(self, connection: Connection, login: str, address: str, now: datetime) -> None:
        """The attempt was none that failed. What failed before from this address still counts: others may sit there."""
        connection.execute(_CLEAR, {"who": self._account(login)})
        connection.execute(_TAKE_BACK, {"who": self._who("address", address), "now": now})

    def _times(self, now: datetime) -> dict[str, datetime]:
        return {"now": now, "forgotten": now - self.forget}

    def _account(self, login: str) -> bytes:
        return self._who("account", login.strip().lower())

    def _who(self, what: str, name: str) -> bytes:
        key = self.keychain.newest("index")
        return keyed_hash(key.secret, key.algorithm)(f"login wait\0{what}\0{name}".encode())
