"""The daily statement of the tax system, a CSV file, read line by line: a bad line never costs the others.

The file is UTF-8 with a header, one line for each payment, reversal and refund, and a
trailer ``TOTAL,<lines>,<paid in yuan>,<reversed and refunded in yuan>``. Empty cells of reference and person stand for
what a school handed in beyond its list.
"""

from __future__ import annotations

import csv
import re
from typing import Any, cast, get_args

from adapters.ports import BadLine, Statement
from adapters.replies import LARGEST_AMOUNT
from adapters.rows import PaymentChannel, PaymentKind, StatementRow
from adapters.tax.reading import LARGEST_LINE, is_nobodys
from adapters.words import is_day, is_reference, is_word
from policies.money import Fen, parse_yuan, yuan

COLUMNS = (
    "tax_date",
    "voucher_no",
    "line",
    "reference",
    "person_no",
    "insurance",
    "period",
    "area",
    "amount",
    "channel",
    "kind",
)
TRAILER = "TOTAL"
_CHANNELS = frozenset(get_args(PaymentChannel))
_KINDS = frozenset(get_args(PaymentKind))
_COUNT = re.compile(r"[0-9]{1,9}")
_LONGEST_LINE = 2_000
_BOM = b"\xef\xbb\xbf"


def read_statement(body: bytes) -> Statement:
    """The rows, the bad lines and the trailer of a statement; whatever is wrong is a value, nothing is raised."""
    lines = body.removeprefix(_BOM).split(b"\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines or _cells(lines[0]) != list(COLUMNS):
        header = f"Its first line is not the header {','.join(COLUMNS)}: it is no statement, ask the tax office for it."
        return Statement([], [], None, None, None, (header,))
    trailer = _trailer(lines[-1])
    rows: list[StatementRow] = []
    bad: list[BadLine] = []
    for number, line in enumerate(lines[1 : None if trailer is None else -1], start=2):
        read = _row(number, line)
        if isinstance(read, BadLine):
            bad.append(read)
        else:
            rows.append(read)
    count, paid, reversed_ = trailer or (None, None, None)
    return Statement(rows, bad, count, paid, reversed_, _problems(rows, bad, trailer))


def _cells(line: bytes) -> list[str] | None:
    """The cells of one physical line; ``None`` when it cannot be a line of a statement."""
    if len(line) > _LONGEST_LINE:
        return None
    try:
        text = line.removesuffix(b"\r").decode("utf-8")
        return text.split(",") if '"' not in text else next(csv.reader([text], strict=True))
    except (UnicodeDecodeError, csv.Error, StopIteration):
        return None


def _row(number: int, line: bytes) -> StatementRow | BadLine:
    cells = _cells(line)
    if cells is None or len(cells) != len(COLUMNS):
        return BadLine(number, "", f"It does not have the {len(COLUMNS)} columns of the header.", _raw(line))
    row: dict[str, Any] = dict(zip(COLUMNS, cells, strict=True), file_line=number)
    row |= {name: row[name] or None for name in ("reference", "person_no")}
    fault = _fault(row)
    if fault is not None:
        return BadLine(number, fault, f"Its {fault} cannot be one.", _raw(line))
    row["line"] = int(row["line"])
    try:
        row["amount"] = parse_yuan(row["amount"])
    except ValueError:
        return BadLine(number, "amount", "Its amount is not one in yuan, with at most two decimals.", _raw(line))
    if not 0 < row["amount"] <= LARGEST_AMOUNT:
        return BadLine(number, "amount", "Its amount is none that can be paid.", _raw(line))
    return cast(StatementRow, row)


def _fault(row: dict[str, Any]) -> str | None:
    """The first column, the amount aside, that cannot be what it should be."""
    for name in ("voucher_no", "insurance", "period", "area"):
        if not is_word(row[name]):
            return name
    if not _COUNT.fullmatch(row["line"]) or not 1 <= int(row["line"]) <= LARGEST_LINE:
        return "line"
    if not is_nobodys(row["reference"], row["person_no"], row["channel"]):
        for name in ("reference", "person_no"):
            if not is_reference(row[name]):
                return name
    if row["channel"] not in _CHANNELS:
        return "channel"
    if row["kind"] not in _KINDS:
        return "kind"
    return None if is_day(row["tax_date"]) else "tax_date"


def _trailer(line: bytes) -> tuple[int, Fen, Fen] | None:
    cells = _cells(line)
    if cells is None or len(cells) != 4 or cells[0] != TRAILER or not _COUNT.fullmatch(cells[1]):
        return None
    try:
        return int(cells[1]), parse_yuan(cells[2]), parse_yuan(cells[3])
    except ValueError:
        return None


def _problems(rows: list[StatementRow], bad: list[BadLine], trailer: tuple[int, Fen, Fen] | None) -> tuple[str, ...]:
    if trailer is None:
        return ("It has no readable trailer: it may have been cut, ask the tax office for the whole file.",)
    count, *claimed = trailer
    problems = []
    if count != len(rows) + len(bad):
        problems.append(f"Its trailer counts {count} lines, the file has {len(rows) + len(bad)}.")
    for kinds, total in zip((("payment",), ("reversal", "refund")), claimed, strict=True):
        found = sum(row["amount"] for row in rows if row["kind"] in kinds)
        if found != total:
            what = " and ".join(f"{kind}s" for kind in kinds)
            problems.append(f"Its trailer says {yuan(total)} yuan of {what}, its readable lines make {yuan(found)}.")
    return tuple(problems)


def _raw(line: bytes) -> str:
    return line[:_LONGEST_LINE].decode("utf-8", "backslashreplace")
