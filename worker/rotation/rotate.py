"""Going over to a new key: chosen, noted in the database, told of in the audit log. The batches follow as jobs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from worker.audit.log import Event, Origin
from worker.house import House
from worker.keys import Key, Purpose, algorithm_for, keep_in_home, kept_in_home, new_key
from worker.rotation import reindex
from worker.rotation.state import (
    CannotRotate,
    hold_alone,
    known_keys,
    make_current,
    number_in,
    retire,
    seal_chains,
    take_up,
)

_BUSY = ("55P03", "40P01")
_PATIENCE, _PAUSE = 60.0, 0.05


@dataclass(frozen=True)
class Rotated:
    """The key that is written with from now on (or, of the index, once it is made), and the one before."""

    key: Key
    before: int | None


def rotate(house: House, purpose: Purpose, by: str) -> Rotated:
    """Go over to a newer key of this purpose. Raises ``CannotRotate``, ``KeysError``."""
    with house.engine.begin() as connection:
        house.vault.sealing(connection)  # the first keys are noted, where nobody has written yet
    key, act = _next_key(house, purpose), _ACTS[purpose]
    before = _patiently(house, lambda connection: act(connection, house, key))
    facts = {"purpose": purpose, "before": before, "key": key.number, "algorithm": key.algorithm, "by": by}
    _tell(house, by, "keys.incoming" if purpose == "index" else "keys.rotated", facts)
    return Rotated(key, before)


def retire_key(house: House, purpose: Purpose, number: int, by: str) -> None:
    """Do without a key that nothing uses any more; the home's own is forgotten. Raises ``CannotRotate``."""
    if purpose == "audit":
        raise CannotRotate("an audit key proves what was written with it for as long as that is kept: keep it as well")
    _patiently(house, lambda connection: retire(connection, purpose, number))
    _tell(house, by, "keys.retired", {"purpose": purpose, "key": number, "by": by})
    if kept_in_home():
        left = {other: key for other, key in house.keychain.ring(purpose).items() if other != number}
        keep_in_home(house.settings, purpose, left)


def _next_key(house: House, purpose: Purpose) -> Key:
    """The newest key that is known and was never used; in the embedded mode one is made where there is none."""
    with house.engine.connect() as connection:
        used = {row.number for row in known_keys(connection) if row.purpose == purpose}
        if purpose == "audit":
            used = set(connection.exec_driver_sql("SELECT key FROM audit_chain").scalars())
    newest, highest = house.keychain.newest(purpose), max(used, default=0)
    if newest.number > highest:
        return newest
    if not kept_in_home():
        raise CannotRotate(
            f"give the next key first, to every process: `levy keys make {purpose}` prints one to add to"
            " the keys they are started with"
        )
    key = new_key(purpose, highest + 1, algorithm_for(house.settings, purpose))
    keep_in_home(house.settings, purpose, {**house.keychain.ring(purpose), key.number: key})
    return house.keychain.key(purpose, key.number)


def _data(connection: Connection, _: House, key: Key) -> int | None:
    hold_alone(connection)
    before = number_in(connection, "data", "current")
    make_current(connection, "data", key, before="former")
    return before


def _index(connection: Connection, _: House, key: Key) -> int | None:
    if (under_way := number_in(connection, "index", "incoming")) is not None:
        raise CannotRotate(f"index key {under_way} is being gone over to: `levy keys list` shows how far it is")
    hold_alone(connection)
    reindex.prepare(connection)
    take_up(connection, "index", key, "incoming")
    return number_in(connection, "index", "current")


def _audit(connection: Connection, house: House, key: Key) -> int | None:
    before = max(connection.exec_driver_sql("SELECT key FROM audit_chain").scalars(), default=None)
    seal_chains(connection, house.keychain, key)
    return before


_ACTS: dict[Purpose, Callable[[Connection, House, Key], int | None]] = {
    "data": _data,
    "index": _index,
    "audit": _audit,
}


def _patiently(house: House, act: Callable[[Connection], Any]) -> Any:
    """Do it in a transaction, as often as it meets somebody at work, for a minute at most."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            with house.engine.begin() as connection:
                return act(connection)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in _BUSY:
                raise
            if time.monotonic() > until:
                raise CannotRotate("somebody has been writing for a minute: try again when less is going on") from None
        time.sleep(_PAUSE)


def _tell(house: House, by: str, action: str, facts: dict[str, Any]) -> None:
    with house.engine.begin() as connection:
        origin = Origin(f"operator:{by}", "house", house.clock.today())
        house.audit.record(connection, origin, [Event(action, None, facts)], house.clock.now())
