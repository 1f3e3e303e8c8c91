"""A batch of rows, taken in as the same list would be as a file: checked, quarantined, merged, in one transaction."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from adapters.bureau.columns import REFERENCE, fields_of, heading
from adapters.bureau.problems import Problem, reason
from worker.audit.log import Origin
from worker.flows.intake.filing import Dropped, take_file
from worker.house import House

_BEFORE = 9
"""Blank lines before the header: the delimiter is looked for in the first ten lines, where only the header stands."""
_BREAKS = str.maketrans("\n\r\t", "\x0b\x0b\x0b")
_ASIDE = text(
    "SELECT q.id, q.line, q.problems FROM quarantined_row q JOIN intake_file f ON f.id = q.file_id"
    " WHERE f.sha256 = :digest ORDER BY q.line"
)


def take_batch(
    connection: Connection, house: House, kind: str, rows: Sequence[Mapping[str, str | None]], origin: Origin
) -> dict[str, Any]:
    """What became of the rows, numbered from 1: how many of each fate, and each that was set aside with its reasons.

    Rows that were taken in before, as a file or a batch, change nothing.
    """
    content = as_list(kind, rows)
    dropped = Dropped(f"{origin.actor} {origin.batch}", content, house.clock.today())
    taken = take_file(connection, house, dropped, origin)
    figures = {name: getattr(taken, name) for name in ("added", "changed", "unchanged", "quarantined")}
    aside = [
        {
            "row": row.line - _BEFORE - 1,
            "quarantine_id": str(row.id),
            "problems": [_told(kind, one) for one in row.problems],
        }
        for row in connection.execute(_ASIDE, {"digest": hashlib.sha256(content).digest()})
    ]
    left_out = len(rows) - taken.rows if taken.outcome == "taken" else 0
    told = {"outcome": taken.outcome, "rows": len(rows), **figures, "left_out": left_out}
    return told | {"notes": list(taken.notes), "set_aside": aside}


def as_list(kind: str, rows: Sequence[Mapping[str, str | None]]) -> bytes:
    """The rows as a list that intake reads: one a line, whatever is in their cells."""
    names = [REFERENCE, *(field.name for field in fields_of(kind))]
    out = io.StringIO("\n" * _BEFORE)
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([(row.get(name) or "").translate(_BREAKS) for name in names] for row in rows)
    return out.getvalue().encode()


def _told(kind: str, problem: Mapping[str, str]) -> dict[str, str]:
    found = Problem(**problem)
    text_of = {name: reason(found, name) for name in ("zh", "en")}
    return {"field": found.field, "heading": heading(kind, found.field), "code": found.code, **text_of}
