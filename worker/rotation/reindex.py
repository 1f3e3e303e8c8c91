"""A new index key while people are looked up: every hash is made anew in a column of its own, then the columns change
places.

Until that moment everybody looks up by the old column, which is whole; from it on by the new one, which is whole too.
At no moment does a lookup meet hashes of two keys.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, text

from worker.database.arrays import array
from worker.privacy import Seal, Vault
from worker.rotation.places import INDEXED, Indexed

_ROWS = 2000
RANGE = 20_000
_TABLES = sorted({place.table for place in INDEXED})
_INDEXES = text(
    "SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS made, k.conname AS constraint_name"
    " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_attribute a ON a.attrelid = i.indrelid"
    "  AND a.attname = :column AND a.attnum = ANY(i.indkey)"
    " LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid"
    " WHERE i.indrelid = CAST(:table AS regclass) ORDER BY 1"
)
_MANDATORY = text("SELECT attnotnull FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attname = :column")
_COMMENT = text(
    "SELECT col_description(attrelid, attnum) FROM pg_attribute"
    " WHERE attrelid = CAST(:table AS regclass) AND attname = :column"
)
_FORGET = (
    "CREATE OR REPLACE FUNCTION {forget}() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN NEW.{next} := NULL; RETURN NEW; END $$"
)


def prepare(connection: Connection) -> None:
    """Put an empty column beside each column of hashes, with the same indexes; again, it changes nothing.

    A hash that changes while the new ones are being made is forgotten in the new column, and made again.
    Raises ``sqlalchemy.exc.OperationalError`` where somebody is at one of the tables.
    """
    _take_tables(connection)
    for place in INDEXED:
        connection.exec_driver_sql(f"ALTER TABLE {place.table} ADD COLUMN IF NOT EXISTS {place.next} {place.type}")
    for place in INDEXED:
        for index in _indexes(connection, place):
            connection.exec_driver_sql(_copied(index, place))
        connection.exec_driver_sql(_FORGET.format(forget=_forget(place), next=place.next))
        connection.exec_driver_sql(
            f"CREATE OR REPLACE TRIGGER {_forget(place)} BEFORE UPDATE OF {place.column} ON {place.table}"
            f" FOR EACH ROW EXECUTE FUNCTION {_forget(place)}()"
        )


def ranges_left(connection: Connection) -> list[tuple[int, int, int]]:
    """Stretches (which column, from, to) whose new hashes are not made yet."""
    found = []
    for which, place in enumerate(INDEXED):
        query = f"SELECT min(id) AS low, max(id) AS high FROM {place.table} WHERE {_open(place)}"
        row = connection.execute(text(query)).one()
        if row.low is not None:
            found += [(which, low, min(low + RANGE - 1, row.high)) for low in range(row.low, row.high + 1, RANGE)]
    return found


def hash_anew(
    connection: Connection, vault: Vault, seal: Seal, which: int, low: int, high: int, wait: bool = False
) -> tuple[int, int]:
    """Make the next new hashes of the stretch; how many, and from where to go on. Rows that somebody holds are left."""
    place = INDEXED[which]
    lock = "FOR NO KEY UPDATE OF t" + ("" if wait else " SKIP LOCKED")
    query = (
        f"SELECT t.id, {place.reads} FROM {place.source} WHERE t.id BETWEEN :low AND :high AND {_open(place, 't.')}"
        f" ORDER BY t.id LIMIT :rows {lock}"
    )
    rows = connection.execute(text(query), {"low": low, "high": high, "rows": _ROWS}).all()
    if not rows:
        return 0, high + 1
    made = place.hashes(vault, seal, rows)
    hashes = array(one if isinstance(one, str) else "\\x" + one.hex() for one in made)
    statement = (
        f"UPDATE {place.table} t SET {place.next} = n.hash FROM unnest(CAST(:ids AS bigint[]),"
        f" CAST(:hashes AS {place.type}[])) AS n(id, hash) WHERE t.id = n.id"
    )
    connection.execute(text(statement), {"ids": array(row.id for row in rows), "hashes": hashes})
    return len(rows), int(rows[-1].id) + 1


def change_places(connection: Connection, vault: Vault, seal: Seal) -> int:
    """Make the last new hashes and let the new columns take the old ones' places; how many were made here.

    The lock on the keys is held alone. Whoever reads meanwhile waits some milliseconds.
    Raises ``sqlalchemy.exc.OperationalError`` where somebody is at one of the tables.
    """
    _take_tables(connection)
    made = 0
    for which, start, high in ranges_left(connection):
        low = start
        while low <= high:
            count, low = hash_anew(connection, vault, seal, which, low, high, wait=True)
            made += count
    for place in INDEXED:
        _exchange(connection, place)
    for table in _TABLES:
        connection.exec_driver_sql(f"ANALYZE {table}")
    return made


def _take_tables(connection: Connection) -> None:
    """All tables at once or none: whoever waits for one while it holds another makes deadlocks that others may lose."""
    connection.exec_driver_sql(f"LOCK TABLE {', '.join(_TABLES)} IN ACCESS EXCLUSIVE MODE NOWAIT")


def _exchange(connection: Connection, place: Indexed) -> None:
    mandatory = connection.execute(_MANDATORY, {"table": place.table, "column": place.column}).scalar_one()
    indexes, values = _indexes(connection, place), {"table": place.table, "column": place.column}
    comment = connection.execute(_COMMENT, values).scalar_one()
    run = connection.exec_driver_sql
    run(f"DROP FUNCTION {_forget(place)}() CASCADE")
    run(f"ALTER TABLE {place.table} DROP COLUMN {place.column}")
    run(f"ALTER TABLE {place.table} RENAME COLUMN {place.next} TO {place.column}")
    if mandatory:
        run(f"ALTER TABLE {place.table} ALTER COLUMN {place.column} SET NOT NULL")
    if comment is not None:
        said = comment.replace("'", "''").replace("%", "%%")
        run(f"COMMENT ON COLUMN {place.table}.{place.column} IS '{said}'")
    for index in indexes:
        if index.constraint_name is None:
            run(f"ALTER INDEX {_name(index)} RENAME TO {index.name}")
        else:
            run(f"ALTER TABLE {place.table} ADD CONSTRAINT {index.name} UNIQUE USING INDEX {_name(index)}")


def _indexes(connection: Connection, place: Indexed) -> list[Any]:
    return list(connection.execute(_INDEXES, {"table": place.table, "column": place.column}))


def _copied(index: Any, place: Indexed) -> str:
    """The statement that makes the same index on the new column."""
    head, rest = index.made.split(" USING ", 1)
    unique = "UNIQUE " if "UNIQUE" in head else ""
    rest = re.sub(rf"\b{place.column}\b", place.next, rest)
    return f"CREATE {unique}INDEX IF NOT EXISTS {_name(index)} ON {place.table} USING {rest}"


def _name(index: Any) -> str:
    return f"{index.name[:55]}_next"


def _open(place: Indexed, of: str = "") -> str:
    return f"({of}{place.column} IS NOT NULL AND {of}{place.next} IS NULL)"


def _forget(place: Indexed) -> str:
    return f"forget_{place.table}_{place.next}"
