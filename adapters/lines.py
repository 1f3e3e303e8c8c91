"""Statement files of the neighbours, taken apart line by line: whatever is wrong with one line stays with that line."""

from __future__ import annotations

import csv
import re

from policies.money import Fen, parse_yuan

TRAILER = "TOTAL"
_COUNT = re.compile(r"[0-9]{1,9}")
_LONGEST_LINE = 2_000
_BOM = b"\xef\xbb\xbf"


def lines_of(body: bytes) -> list[bytes]:
    """The physical lines of a file, without a byte order mark and without empty lines at the end."""
    lines = body.removeprefix(_BOM).split(b"\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def cells_of(line: bytes) -> list[str] | None:
    """The cells of one physical line; ``None`` when it cannot be a line of a statement."""
    if len(line) > _LONGEST_LINE:
        return None
    try:
        text = line.removesuffix(b"\r").decode("utf-8")
        return text.split(",") if '"' not in text else next(csv.reader([text], strict=True))
    except (UnicodeDecodeError, csv.Error, StopIteration):
        return None


def trailer_of(line: bytes) -> tuple[int, Fen, Fen] | None:
    """What ``TOTAL,<lines>,<yuan>,<yuan>`` claims: lines, and two sums in fen; ``None`` where it is no trailer."""
    cells = cells_of(line)
    if cells is None or len(cells) != 4 or cells[0] != TRAILER or not _COUNT.fullmatch(cells[1]):
        return None
    try:
        return int(cells[1]), parse_yuan(cells[2]), parse_yuan(cells[3])
    except ValueError:
        return None


def raw_of(line: bytes) -> str:
    """A line as it came, for whoever looks at it; what is no UTF-8 as escapes."""
    return line[:_LONGEST_LINE].decode("utf-8", "backslashreplace")
