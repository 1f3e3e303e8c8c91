"""The rows of a table: one statement around the declared one, by key and never by counting rows off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from worker.console.tables.asked import Asked
from worker.console.tables.declared import Table
from worker.privacy import Vault, mask, mask_name

_AT = "at_of_page"
_KEY = "key_of_page"
_CHUNK = 2000


@dataclass(frozen=True)
class Piece:
    """The rows of a page, and the places where it begins and ends; ``earlier``, ``later``: whether there are more."""

    rows: list[dict[str, Any]]
    earlier: bool = False
    later: bool = False

    def place(self, at: int) -> list[str]:
        """The place of a row: what it is sorted by, and its key."""
        return [self.rows[at][_AT], self.rows[at][_KEY]]


def page(connection: Connection, vault: Vault, table: Table, asked: Asked, values: Mapping[str, Any]) -> Piece:
    """The rows that are asked for, masked; one more is read to know whether there are more."""
    statement = _statement(table, asked, table.size + 1)
    found = [dict(row._mapping) for row in connection.execute(text(statement), _values(asked, values))]
    more, rows = len(found) > table.size, _masked(vault, table, found[: table.size])
    if asked.back:
        return Piece(rows[::-1], earlier=more, later=True)
    return Piece(rows, earlier=asked.place is not None, later=more)


def all_rows(
    connection: Connection, vault: Vault, table: Table, asked: Asked, values: Mapping[str, Any]
) -> Iterator[list[dict[str, Any]]]:
    """All rows that the filters let through, in order, masked, some thousands at a time; nothing is kept."""
    whole = Asked(given=asked.given, values=asked.values, sort=asked.sort, descending=asked.descending)
    streaming = connection.execution_options(stream_results=True, yield_per=_CHUNK)
    for part in streaming.execute(text(_statement(table, whole, None)), _values(whole, values)).partitions():
        yield _masked(vault, table, [dict(row._mapping) for row in part])


def _statement(table: Table, asked: Asked, limit: int | None) -> str:
    column = table.column(asked.sort)
    assert column is not None, "read() has looked at it"
    by, key = column.sort, f"t.{table.key}"
    down = asked.descending is not asked.back
    given = [(one, asked.values.get(one.key)) for one in table.filters]
    conditions = [one.condition(value) for one, value in given if one.sql and value is not None]
    if asked.place is not None:
        conditions.append(f"({by}, {key}) {'<' if down else '>'} (:{_AT}, :{_KEY})")
    where = f" WHERE {' AND '.join(f'({one})' for one in conditions)}" if conditions else ""
    way = "DESC" if down else "ASC"
    return (
        f"SELECT t.*, ({by})::text AS {_AT}, {key}::text AS {_KEY} FROM ({table.sql}) AS t{where}"
        f" ORDER BY {by} {way}, {key} {way}" + (f" LIMIT {limit}" if limit else "")
    )


def _values(asked: Asked, values: Mapping[str, Any]) -> dict[str, Any]:
    at, key = asked.place or (None, None)
    return {**asked.values, **values, _AT: at, _KEY: key}


def _masked(vault: Vault, table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is encrypted is opened and masked at once: nothing in clear goes any further."""
    for column in table.columns:
        if column.masked:
            hide = mask_name if column.masked == "name" else mask
            sealed = [row for row in rows if row[column.key] is not None]
            clear = vault.decrypt(bytes(row[column.key]) for row in sealed)
            for row, value in zip(sealed, clear, strict=True):
                row[column.key] = hide(value)
    return rows
