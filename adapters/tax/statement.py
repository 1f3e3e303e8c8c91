"""The daily statement of the tax system, a CSV file, read line by line: a bad line never costs the others.

The file is UTF-8 with a header, one line for each payment, reversal and refund, and a
trailer ``TOTAL,<lines>,<paid in yuan>,<reversed and refunded in yuan>``. Empty cells of reference and person stand for
what a school handed in beyond its list.
"""

from __future__ import annotations

import re
from typing import Any, cast, get_args

from adapters.lines import cells_of, lines_of, raw_of, trailer_of
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
_COUNT = re.compile(r"[0-9]{1,9}")
_CHANNELS = frozenset(get_args(PaymentChannel))
_KINDS = frozenset(get_args(PaymentKind))


def read_statement(body: bytes) -> Statement:
    """The rows, the bad lines and the trailer of a statement; whatever is wrong is a value, nothing is raised."""
    lines = lines_of(body)
    if not lines or cells_of(lines[0]) != list(COLUMNS):
        header = f"Its first line is not the header {','.join(COLUMNS)}: it is no statement, ask the tax office for it."
        return Statement([], [], None, None, None, (header,))
    trailer = trailer_of(lines[-1])
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


def _row(number: int, line: bytes) -> StatementRow | BadLine:
    cells = cells_of(line)
    if cells is None or len(cells) != len(COLUMNS):
        return BadLine(number, "", f"It does not have the {len(COLUMNS)} columns of the header.", raw_of(line))
    row: dict[str, Any] = dict(zip(COLUMNS, cells, strict=True), file_line=number)
    row |= {name: row[name] or None for name in ("reference", "person_no")}
    fault = _fault(row)
    if fault is not None:
        return BadLine(number, fault, f"Its {fault} cannot be one.", raw_of(line))
    row["line"] = int(row["line"])
    try:
        row["amount"] = parse_yuan(row["amount"])
    except ValueError:
        return BadLine(number, "amount", "Its amount is not one in yuan, with at most two decimals.", raw_of(line))
    if not 0 < row["amount"] <= LARGEST_AMOUNT:
        return BadLine(number, "amount", "Its amount is none that can be paid.", raw_of(line))
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


def _problems(rows: list[StatementRow], bad: list[BadLine], trailer: tuple[int, Fen, Fen] | None) -> tuple[str, ...]:
    if trailer is None:
        return ("It has no readable trailer: it may have been cut, ask the tax office for the whole file.",)
    count, *claimed = trailer
    problems = []
    if count != len(rows) + len(bad):
        problems.append(f"Its trailer counts {count} lines, the file has {len(rows) + len(bad)}.")
    if bad:
        return tuple(problems)  # what they hold of the sums, nobody can say
    for kinds, total in zip((("payment",), ("reversal", "refund")), claimed, strict=True):
        found = sum(row["amount"] for row in rows if row["kind"] in kinds)
        if found != total:
            what = " and ".join(f"{kind}s" for kind in kinds)
            problems.append(f"Its trailer says {yuan(total)} yuan of {what}, its readable lines make {yuan(found)}.")
    return tuple(problems)
