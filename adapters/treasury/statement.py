"""The daily statement of the treasury, a CSV file, read line by line: a bad line never costs the others.

The file is UTF-8 with a header, one line for each order executed on the day, whether paid or returned by the bank, and
a trailer ``TOTAL,<lines>,<paid in yuan>,<returned in yuan>``.
"""

from __future__ import annotations

from typing import Any, cast

from adapters.lines import cells_of, lines_of, raw_of, trailer_of
from adapters.ports import BadLine, TreasuryStatement
from adapters.replies import LARGEST_AMOUNT
from adapters.rows import ExecutedRow
from adapters.treasury.reading import outcome_fits
from adapters.words import is_day, is_reference, is_word
from policies.money import Fen, parse_yuan, yuan

COLUMNS = ("executed_on", "reference", "order_no", "area", "fund", "amount", "outcome", "code")


def read_statement(body: bytes) -> TreasuryStatement:
    """The rows, the bad lines and what is wrong with the file as a whole; nothing is raised."""
    lines = lines_of(body)
    if not lines or cells_of(lines[0]) != list(COLUMNS):
        header = f"Its first line is not the header {','.join(COLUMNS)}: it is no statement, ask the treasury for it."
        return TreasuryStatement([], [], (header,))
    trailer = trailer_of(lines[-1])
    rows: list[ExecutedRow] = []
    bad: list[BadLine] = []
    for number, line in enumerate(lines[1 : None if trailer is None else -1], start=2):
        read = _row(number, line)
        if isinstance(read, BadLine):
            bad.append(read)
        else:
            rows.append(read)
    return TreasuryStatement(rows, bad, _problems(rows, bad, trailer))


def _row(number: int, line: bytes) -> ExecutedRow | BadLine:
    cells = cells_of(line)
    if cells is None or len(cells) != len(COLUMNS):
        return BadLine(number, "", f"It does not have the {len(COLUMNS)} columns of the header.", raw_of(line))
    row: dict[str, Any] = dict(zip(COLUMNS, cells, strict=True), file_line=number)
    row["code"] = row["code"] or None
    if (fault := _fault(row)) is not None:
        return BadLine(number, fault, f"Its {fault} cannot be one.", raw_of(line))
    try:
        row["amount"] = parse_yuan(row["amount"])
    except ValueError:
        return BadLine(number, "amount", "Its amount is not one in yuan, with at most two decimals.", raw_of(line))
    if not 0 < row["amount"] <= LARGEST_AMOUNT:
        return BadLine(number, "amount", "Its amount is none that can be paid.", raw_of(line))
    return cast(ExecutedRow, row)


def _fault(row: dict[str, Any]) -> str | None:
    """The first column, the amount aside, that cannot be what it should be."""
    if not is_reference(row["reference"]):
        return "reference"
    for name in ("order_no", "area", "fund"):
        if not is_word(row[name]):
            return name
    if not outcome_fits(row["outcome"], row["code"]):
        return "outcome"
    return None if is_day(row["executed_on"]) else "executed_on"


def _problems(rows: list[ExecutedRow], bad: list[BadLine], trailer: tuple[int, Fen, Fen] | None) -> tuple[str, ...]:
    if trailer is None:
        return ("It has no readable trailer: it may have been cut, ask the treasury for the whole file.",)
    count, *claimed = trailer
    problems = []
    if count != len(rows) + len(bad):
        problems.append(f"Its trailer counts {count} lines, the file has {len(rows) + len(bad)}.")
    if bad:
        return tuple(problems)  # what they hold of the sums, nobody can say
    for outcome, total in zip(("paid", "returned"), claimed, strict=True):
        found = sum(row["amount"] for row in rows if row["outcome"] == outcome)
        if found != total:
            problems.append(f"Its trailer says {yuan(total)} yuan {outcome}, its readable lines make {yuan(found)}.")
    return tuple(problems)
