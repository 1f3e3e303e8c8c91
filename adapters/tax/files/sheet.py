"""The form that every file of the exchange has: a head, a line of columns, rows, and a trailer with control totals.

UTF-8, comma separated, one row a line. The head is ``HEAD,<kind>,...``; the trailer is
``TOTAL,<rows>,<sum of the amounts in fen>,<SHA-256 of all bytes before the trailer>``, so that a file which was cut,
mixed up or typed over is noticed as a whole. Amounts stand in yuan with two decimals, empty cells stand for nothing.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from policies.money import Fen, parse_yuan, yuan

AMOUNT = "psn_clct_amt"
LARGEST_ROWS = 100_000
_HEAD, _TOTAL = "HEAD", "TOTAL"
_BOM = b"\xef\xbb\xbf"
_COUNT = re.compile(r"[0-9]{1,9}")
_SUM = re.compile(r"[0-9]{1,18}")
_LONGEST_LINE = 4_000


class BadFile(Exception):
    """A file that is not taken, not even in part. The text says why, and nothing of what stands in it."""


class Unfinished(BadFile):
    """A file without a trailer: cut, or still being written."""


class Sheet(NamedTuple):
    """A file read: what its head says after the kind, and its rows by column."""

    about: tuple[str, ...]
    rows: list[dict[str, str]]


def write_sheet(kind: str, about: Sequence[str], columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The bytes of a file, the same for the same content. Raises ``ValueError`` on a control character."""
    lines = [list(row) for row in rows]
    at = columns.index(AMOUNT) if AMOUNT in columns else None
    total = sum(parse_yuan(row[at]) for row in lines if row[at]) if at is not None else 0
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for line in ([_HEAD, kind, *about], columns, *lines):
        if not all(cell.isprintable() for cell in line):
            raise ValueError(f"a {kind} file cannot hold a control character")
        writer.writerow(line)
    before = text.getvalue().encode()
    return before + f"{_TOTAL},{len(lines)},{total},{hashlib.sha256(before).hexdigest()}\n".encode()


def read_sheet(body: bytes, kind: str, about: int, columns: Sequence[str]) -> Sheet:
    """The file, whole. ``about``: how many cells follow the kind in its head. Raises ``BadFile``."""
    last = body.rfind(b"\n", 0, len(body) - 1) + 1
    trailer = _cells(body[last:].removesuffix(b"\n"))
    if trailer is None or len(trailer) != 4 or trailer[0] != _TOTAL or not body.endswith(b"\n"):
        raise Unfinished("it has no trailer: it was cut, or is still being written")
    if body.count(b"\n") > LARGEST_ROWS + 3:
        raise BadFile(f"it has more than {LARGEST_ROWS} rows")
    lines = body[:last].split(b"\n")[:-1]
    head = _cells(lines[0].removeprefix(_BOM)) if lines else None
    if head is None or head[:2] != [_HEAD, kind] or len(head) != 2 + about:
        raise BadFile(f"its first line is not the head of a {kind} file")
    if len(lines) < 2 or _cells(lines[1]) != list(columns):
        raise BadFile(f"its second line does not name the columns {','.join(columns)}")
    if trailer[3] != hashlib.sha256(body[:last]).hexdigest():
        raise BadFile("its SHA-256 is not that of its trailer")
    rows = [_row(number, line, columns) for number, line in enumerate(lines[2:], start=3)]
    _check_totals(rows, trailer, AMOUNT in columns)
    return Sheet(tuple(head[2:]), rows)


def _row(number: int, line: bytes, columns: Sequence[str]) -> dict[str, str]:
    cells = _cells(line)
    if cells is None or len(cells) != len(columns):
        raise BadFile(f"its line {number} does not have the {len(columns)} columns")
    if not all(cell.isprintable() for cell in cells):
        raise BadFile(f"its line {number} holds a control character")
    return dict(zip(columns, cells, strict=True))


def _check_totals(rows: list[dict[str, str]], trailer: list[str], has_amounts: bool) -> None:
    if not _COUNT.fullmatch(trailer[1]) or not _SUM.fullmatch(trailer[2]):
        raise BadFile("its trailer has no control totals")
    if int(trailer[1]) != len(rows):
        raise BadFile(f"its trailer counts {int(trailer[1])} rows, it has {len(rows)}")
    total = sum(amount_of(row) or 0 for row in rows) if has_amounts else 0
    if int(trailer[2]) != total:
        raise BadFile(f"its trailer says {int(trailer[2])} fen, its rows make {total}")


def amount_of(row: dict[str, str]) -> Fen | None:
    """The amount of a row; ``None`` where the cell is empty. Raises ``BadFile``."""
    try:
        return parse_yuan(row[AMOUNT]) if row[AMOUNT] else None
    except ValueError:
        raise BadFile("one of its amounts is not one in yuan with at most two decimals") from None


def amount_cell(amount: object) -> str:
    """An amount as a cell. Raises ``ValueError`` for what is no whole number of fen."""
    if type(amount) is not int or amount < 0:
        raise ValueError(f"an amount is not a whole number of fen: {type(amount).__name__}")
    return yuan(amount)


def _cells(line: bytes) -> list[str] | None:
    """The cells of one physical line; ``None`` when it cannot be a line of a file."""
    if len(line) > _LONGEST_LINE:
        return None
    try:
        text = line.removesuffix(b"\r").decode("utf-8")
        return text.split(",") if '"' not in text else next(csv.reader([text], strict=True))
    except (UnicodeDecodeError, csv.Error, StopIteration):
        return None
