"""Encrypting anew what an older data key encrypted, some thousand rows at a time, beside everybody else's work."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from worker.database.arrays import array
from worker.privacy import Seal, Vault
from worker.rotation.places import ENCRYPTED, Encrypted

_ROWS = 2000
RANGE = 20_000
"""How many numbers of a table one job looks through."""


def ranges_left(connection: Connection, number: int) -> list[tuple[str, int, int]]:
    """Stretches (table, from, to) that hold values of other data keys than this one."""
    found = []
    for place in ENCRYPTED:
        query = f"SELECT min({place.id}) AS low, max({place.id}) AS high FROM {place.table} WHERE {_old(place)}"
        row = connection.execute(text(query), {"number": number}).one()
        if row.low is not None:
            found += [(place.table, low, min(low + RANGE - 1, row.high)) for low in range(row.low, row.high + 1, RANGE)]
    return found


def encrypt_anew(connection: Connection, vault: Vault, seal: Seal, table: str, low: int, high: int) -> tuple[int, int]:
    """Encrypt the next rows of the stretch with the key in use; how many there were, and from where to go on.

    Rows that somebody holds are left: the next look finds them. A value that changed meanwhile stays as it is.
    """
    place = next(place for place in ENCRYPTED if place.table == table)
    values: dict[str, Any] = {"number": seal.data.number, "low": low, "high": high, "rows": _ROWS}
    rows = connection.execute(text(_chosen(place)), values).all()
    if not rows:
        return 0, high + 1
    columns = {"ids": array(row[0] for row in rows)}
    for at, column in enumerate(place.columns, start=1):
        held = [row[at] for row in rows]
        fresh = iter(seal.encrypt_bytes(vault.decrypt_bytes(bytes(one) for one in held if one is not None)))
        columns[column] = array(None if one is None else "\\x" + next(fresh).hex() for one in held)
    connection.execute(text(_written(place)), columns)
    return len(rows), int(rows[-1][0]) + 1


def _old(place: Encrypted) -> str:
    return "(" + " OR ".join(f"get_byte({column}, 0) <> :number" for column in place.columns) + ")"


def _chosen(place: Encrypted) -> str:
    columns = ", ".join((place.id, *place.columns))
    return (
        f"SELECT {columns} FROM {place.table} WHERE {place.id} BETWEEN :low AND :high AND {_old(place)}"
        f" ORDER BY {place.id} LIMIT :rows FOR NO KEY UPDATE SKIP LOCKED"
    )


def _written(place: Encrypted) -> str:
    """The rows are locked, so that what is written over is what was read."""
    casts = ", ".join(f"CAST(:{column} AS bytea[])" for column in place.columns)
    settings = ", ".join(f"{column} = n.{column}" for column in place.columns)
    return (
        f"UPDATE {place.table} t SET {settings} FROM unnest(CAST(:ids AS bigint[]), {casts})"
        f" AS n(number, {', '.join(place.columns)}) WHERE t.{place.id} = n.number"
    )
