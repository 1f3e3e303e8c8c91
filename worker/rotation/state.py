"""Which keys are in use: made current, watched until nothing uses them any more, retired."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from worker.audit.log import head_seal
from worker.keys import Key, Keychain, Purpose
from worker.privacy import KEYS_IN_USE, fingerprint
from worker.rotation.places import ENCRYPTED, Encrypted

_ALONE = text("SELECT pg_advisory_xact_lock(:lock)")
_IN_STATE = text("SELECT number FROM crypto_key WHERE purpose = :purpose AND state = :state")
_ALL = text("SELECT purpose, number, algorithm, state, since FROM crypto_key ORDER BY purpose, number")
_LEAVE = text("UPDATE crypto_key SET state = :state, since = now() WHERE purpose = :purpose AND state = 'current'")
_TAKE_UP = text(
    "INSERT INTO crypto_key (purpose, number, algorithm, fingerprint, state)"
    " VALUES (:purpose, :number, :algorithm, :fingerprint, :state)"
    " ON CONFLICT (purpose, number) DO UPDATE SET state = excluded.state, since = now()"
)
_MARK = text("UPDATE crypto_key SET state = :state, since = now() WHERE purpose = :purpose AND number = :number")
_CHAINS = text("SELECT chain, segments, events, head, key FROM audit_chain ORDER BY chain FOR UPDATE")
_RESEAL = text("UPDATE audit_chain SET key = :key, seal = :seal WHERE chain = :chain")
_SINCE_CURRENT = text("SELECT since FROM crypto_key WHERE purpose = 'index' AND state = 'current'")
_OPENED_BEFORE = text("SELECT count(*) FROM handoff WHERE turn IS NOT NULL AND opened_on <= CAST(:since AS date)")


class CannotRotate(Exception):
    """The keys cannot be changed like that now; the text says why, and what to do."""


def hold_alone(connection: Connection) -> None:
    """Wait (a few seconds at most) until nobody is writing with a key, and keep everybody from it until the commit.

    Raises ``sqlalchemy.exc.OperationalError`` where somebody writes for longer than that.
    """
    connection.exec_driver_sql("SET LOCAL lock_timeout = '3s'")
    connection.execute(_ALONE, {"lock": KEYS_IN_USE})


def number_in(connection: Connection, purpose: Purpose, state: str) -> int | None:
    """The number of the key that is in this state, if any is."""
    number: int | None = connection.execute(_IN_STATE, {"purpose": purpose, "state": state}).scalars().first()
    return number


def make_current(connection: Connection, purpose: Purpose, key: Key, before: str) -> None:
    """Write with this key from now on; the one before is ``before`` (former, or unused). The lock is held alone."""
    connection.execute(_LEAVE, {"purpose": purpose, "state": before})
    take_up(connection, purpose, key, "current")


def take_up(connection: Connection, purpose: Purpose, key: Key, state: str) -> None:
    """Note a key in this state."""
    values = {"number": key.number, "algorithm": key.algorithm, "fingerprint": fingerprint(key)}
    connection.execute(_TAKE_UP, values | {"purpose": purpose, "state": state})


def mark(connection: Connection, purpose: Purpose, number: int, state: str) -> None:
    """Note that a key is in another state now."""
    connection.execute(_MARK, {"purpose": purpose, "number": number, "state": state})


def seal_chains(connection: Connection, keychain: Keychain, key: Key) -> list[str]:
    """Write every chain on with this key; returns the chains. Earlier events keep their key."""
    rows = connection.execute(_CHAINS).all()
    for row in rows:
        if row.key > key.number:
            raise CannotRotate(f"chain {row.chain} is written with audit key {row.key}: numbers only go up")
        keychain.key("audit", row.key)
        seal = head_seal(key, row.chain, row.segments, row.events, bytes(row.head))
        connection.execute(_RESEAL, {"chain": row.chain, "key": key.number, "seal": seal})
    return [row.chain for row in rows]


def known_keys(connection: Connection) -> Sequence[Any]:
    """Every key of data and index that was ever in use, with its state."""
    return connection.execute(_ALL).all()


def uses(connection: Connection, number: int) -> dict[str, int]:
    """How many values of each table are encrypted with this data key; tables without any are left out."""
    found = {}
    for place in ENCRYPTED:
        if count := connection.execute(text(_counted(place)), {"number": number}).scalar_one():
            found[place.table] = int(count)
    return found


def retire(connection: Connection, purpose: Purpose, number: int) -> None:
    """Note that a key is not needed any more. Raises ``CannotRotate`` where something still needs it."""
    states = {(row.purpose, row.number): row.state for row in known_keys(connection)}
    match states.get((purpose, number)):
        case None:
            raise CannotRotate(f"{purpose} key {number} was never in use: nothing has to be retired")
        case "current" | "incoming":
            raise CannotRotate(f"{purpose} key {number} is in use: `levy keys rotate {purpose}` goes over to another")
        case "retired":
            raise CannotRotate(f"{purpose} key {number} is retired already")
    hold_alone(connection)
    if purpose == "data" and (left := uses(connection, number)):
        listed = ", ".join(f"{count:,} in {table}" for table, count in left.items())
        raise CannotRotate(f"data key {number} still reads values: {listed}. Workers write them anew; try again later")
    if purpose == "index":
        since = connection.execute(_SINCE_CURRENT).scalar_one()
        if opened := connection.execute(_OPENED_BEFORE, {"since": since}).scalar_one():
            raise CannotRotate(
                f"{opened} open cases between areas were opened under index key {number}: it tells that another clerk"
                " decides them. Try again when they are closed"
            )
    mark(connection, purpose, number, "retired")


def _counted(place: Encrypted) -> str:
    one = " + ".join(f"coalesce((get_byte({column}, 0) = :number)::int, 0)" for column in place.columns)
    return f"SELECT coalesce(sum({one}), 0) FROM {place.table}"
