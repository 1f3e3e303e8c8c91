"""Result files of the simulated tax office: right ones, and the ways in which one may be wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from adapters.simulators.faults import Fault
from adapters.simulators.tax.outbox import Outbox
from adapters.tax.files import tables
from adapters.tax.files.answers import REFUSAL, Kind
from adapters.tax.files.drop import RESULTS
from adapters.tax.files.sheet import write_sheet

Answer = dict[str, Any]


def result(kind: Kind[Any], key: str, sha256: str, rows: Sequence[Answer]) -> bytes:
    """A result file with these rows; each has its number, and the amount of the row that it answers."""
    lines = [tables.to_cells(kind.answered, row) for row in rows]
    return write_sheet(f"{kind.name}_result", (key, sha256), list(kind.answered), lines)


def refusal(kind: Kind[Any], key: str, sha256: str, code: str, text: str) -> bytes:
    """The file that refuses a batch as a whole."""
    return write_sheet(f"{kind.name}_refusal", (key, sha256), REFUSAL, [[code, text]])


def put_down(
    outbox: Outbox, kind: Kind[Any], key: str, sha256: str, rows: Sequence[Answer], fault: Fault | None
) -> None:
    """Write down the files that answer a batch, as an ordered fault may have it."""
    batch = kind.file(key)
    name = f"{batch.removesuffix('.csv')}.{{}}.csv".format
    whole = result(kind, key, sha256, rows)
    match fault.kind if fault else None:
        case "result_late":
            outbox.add(RESULTS, name("1"), whole, batch, late=fault)
        case "result_split":
            half = len(rows) // 2
            outbox.add(RESULTS, name("1"), result(kind, key, sha256, rows[:half]), batch)
            outbox.add(RESULTS, name("2"), result(kind, key, sha256, rows[half:]), batch, late=fault)
        case "result_repeated":
            outbox.add(RESULTS, name("1"), whole, batch)
            outbox.add(RESULTS, name("1-again"), whole, batch)
        case spoiled if spoiled in _SPOILERS:
            outbox.add(RESULTS, name("1"), _SPOILERS[spoiled](kind, key, sha256, rows), batch)
            outbox.add(RESULTS, name("2"), whole, batch, replaces=name("1"))
        case _:
            outbox.add(RESULTS, name("1"), whole, batch)


def wrong_total(body: bytes) -> bytes:
    """The file with another sum in its trailer."""
    before, _, trailer = body.rstrip(b"\n").rpartition(b"\n")
    cells = trailer.split(b",")
    return before + b"\n" + b",".join([*cells[:2], b"7", *cells[3:]]) + b"\n"


def _wrong_total(kind: Kind[Any], key: str, sha256: str, rows: Sequence[Answer]) -> bytes:
    return wrong_total(result(kind, key, sha256, rows))


def _unknown_row(kind: Kind[Any], key: str, sha256: str, rows: Sequence[Answer]) -> bytes:
    return result(kind, key, sha256, [*rows, rows[-1] | {"row": len(rows) + 1}])


def _foreign(kind: Kind[Any], key: str, sha256: str, rows: Sequence[Answer]) -> bytes:
    return result(kind, key, sha256[::-1], rows)


def _cut(kind: Kind[Any], key: str, sha256: str, rows: Sequence[Answer]) -> bytes:
    whole = result(kind, key, sha256, rows)
    return whole[: len(whole) // 2]


_SPOILERS: dict[str | None, Callable[[Kind[Any], str, str, Sequence[Answer]], bytes]] = {
    "result_wrong_total": _wrong_total,
    "result_unknown_row": _unknown_row,
    "result_foreign_payload": _foreign,
    "result_cut": _cut,
}
RESULT_FAULTS = frozenset(("result_late", "result_split", "result_repeated", *filter(None, _SPOILERS)))
