"""Writing many rows at once: PostgreSQL COPY from columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection

_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

Column = Sequence[Any] | np.ndarray[Any, Any]


def copy_columns(connection: Connection, table: str, columns: Mapping[str, Column]) -> int:
    """COPY equally long columns into ``table`` in the connection's own transaction; returns the number of rows.

    A column holds one kind of value: int, str, bool, bytes, date, datetime, a list of str, or None among them.
    Raises ``ValueError`` when the columns differ in length.
    """
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise ValueError(f"columns for {table} differ in length: {sorted(lengths)}")
    count = lengths.pop() if lengths else 0
    if count == 0:
        return 0
    # What all rows share is put into text once and in front of each; one column at least stays beside it.
    *others, last = columns
    shared = [name for name in others if _is_shared(columns[name])]
    own = [name for name in others if name not in shared] + [last]
    start = "".join(f"{next(iter(_texts(columns[name][:1])))}\t" for name in shared)
    texts = [_texts(columns[name]) for name in own]
    block = start + f"\n{start}".join(map("\t".join, zip(*texts, strict=True)))
    names = ", ".join(f'"{name}"' for name in (*shared, *own))
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        copy.write(block)
        copy.write("\n")
    return count


def _is_shared(column: Column) -> bool:
    """Whether a list holds the same value everywhere; what comes as an array or a range is not looked at."""
    return isinstance(column, list) and column[0] == column[-1] and column.count(column[0]) == len(column)


def _texts(column: Column) -> Iterable[str]:
    values: Sequence[Any] = column.tolist() if isinstance(column, np.ndarray) else column
    first = next((value for value in values if value is not None), None)
    if isinstance(first, str) and not _SPECIAL.search("".join(filter(None, values))):  # once a column, not once a cell
        return ["\\N" if value is None else value for value in values] if None in values else values
    format_one = _formatter(first)
    if None in values:
        return ["\\N" if value is None else format_one(value) for value in values]
    return map(format_one, values)


def _formatter(example: object) -> Callable[[Any], str]:
    match example:
        case bool():
            return lambda value: "t" if value else "f"
        case int():
            return str
        case bytes():
            return lambda value: "\\\\x" + value.hex()
        case date() | datetime():
            return lambda value: value.isoformat()
        case list() | tuple():
            return _array
        case _:
            return _text


def _text(value: Any) -> str:
    text = str(value)
    return text.translate(_ESCAPES) if _SPECIAL.search(text) else text


def _array(values: Sequence[str]) -> str:
    inner = ",".join('"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"' for item in values)
    return _text("{" + inner + "}")
