"""The daily statement of the tax system, a CSV file, read line by line: a bad line never costs the others.

The file is UTF-8 with a header, one line for each payment and reversal, and a trailer
``TOTAL,<lines>,<paid in yuan>,<reversed in yuan>``.
"""

from __future__ import annotations

from typing import Any, cast, get_args

from adapters.lines import cells_of, lines_of, raw_of, trailer_of
from adapters.ports import BadLine, Statement
from adapters.replies import LARGEST_AMOUNT
from adapters.rows import PaymentChannel, PaymentKind, StatementRow
from adapters.words import is_day, is_reference, is_word
from policies.money import Fen, parse_yuan, yuan

COLUMNS = (
    "tax_date",
    "voucher_no",
    "reference",
    "person_no",
    "insurance",
    "period",
    "area",
    "amount",
    "channel",
    "kind",
)
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
    row: dict[str, Any] = dict(zip(COLUMNS, cells, strict=True), line=number)
    fault = _fault(row)
    if fault is not None:
        return BadLine(number, fault, f"Its {fault} cannot be one.", raw_of(line))
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
    for kind, total in zip(("payment", "reversal"), claimed, strict=True):
        found = sum(row["amount"] for row in rows if row["kind"] == kind)
        if found != total:
            problems.append(f"Its trailer says {yuan(total)} yuan of {kind}s, its readable lines make {yuan(found)}.")
    return tuple(problems)
