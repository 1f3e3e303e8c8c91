"""Daily statements, spoiled: each line is read as what it says or named as bad, and sums are true."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.ports import Statement, TreasuryStatement
from adapters.tax import statement as tax
from adapters.treasury import statement as treasury
from tests.fuzzing import oracle
from tests.fuzzing.effort import effort
from tests.fuzzing.spoiling import spoiled_bytes, spoiled_text

TAX = [
    "2020-09-01",
    "36109222009000000001",
    "1",
    "due-1",
    "person-1",
    "390",
    "202101-202112",
    "610922",
    "280.00",
    "app",
    "payment",
]
TREASURY = ["2020-09-16", "a-1", "o-1", "610922", "medical_assistance", "120.00", "paid", ""]


@st.composite
def files(draw: st.DrawFn, columns: tuple[str, ...], right: list[str]) -> bytes:
    """A statement of up to six lines, some spoiled, with a trailer that fits or does not."""
    rows = [list(right) for _ in range(draw(st.integers(0, 6)))]
    for _ in range(draw(st.integers(0, 3)) if rows else 0):
        row = draw(st.sampled_from(rows))
        at = draw(st.integers(0, len(row) - 1))
        row[at] = draw(spoiled_text(row[at]))
    total = Decimal(right[columns.index("amount")]) * len(rows)
    trailer = f"TOTAL,{len(rows)},{total},0.00"
    if draw(st.integers(0, 4)) == 0:
        trailer = draw(spoiled_text(trailer))
    lines = [",".join(columns), *map(",".join, rows), trailer]
    body = draw(st.sampled_from(("\n", "\r\n"))).join([*lines, ""]).encode("utf-8", "surrogatepass")
    return draw(spoiled_bytes(body)) if draw(st.booleans()) else body


def plainly(body: bytes, found: Statement | TreasuryStatement, columns: tuple[str, ...]) -> None:
    """Hold a statement that was read against a second, plain reading of its bytes."""
    lines = re.sub(rb"\s*\Z", b"", body.removeprefix(b"\xef\xbb\xbf")).split(b"\n")
    if not lines[0].strip() or lines[0].removesuffix(b"\r").decode("utf-8", "replace") != ",".join(columns):
        quoted = '"' in lines[0].decode("utf-8", "replace")
        assert quoted or (found.rows == [] and found.problems)
        return
    claimed = lines[-1].decode("utf-8", "replace").split(",")
    in_all = len(found.rows) + len(found.bad)
    trailer_read = not any("no readable trailer" in problem for problem in found.problems)
    assert in_all == len(lines) - 1 - trailer_read, "a line is neither read nor named"
    for row in found.rows:
        cells = oracle.split(lines[row["file_line"] - 1].removesuffix(b"\r").decode("utf-8"), ",")
        assert cells is not None
        said: dict[str, Any] = dict(zip(columns, cells, strict=True))
        assert re.fullmatch(r"(0|[1-9][0-9]*)(\.[0-9]{1,2})?", said["amount"]), said
        assert type(row["amount"]) is int
        assert row["amount"] == Decimal(said["amount"]) * 100
        assert row["amount"] > 0
        for name in columns:
            if name == "line":
                assert re.fullmatch("[0-9]+", said[name])
                assert int(said[name]) == row["line"] >= 1
            elif name != "amount":
                assert (row[name] or "") == said[name] and said[name].isprintable(), name  # type: ignore[literal-required]
        day = row["tax_date"] if "tax_date" in row else row["executed_on"]
        assert re.fullmatch(r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}", day), day
    if not found.problems:
        assert claimed[0] == "TOTAL"
        assert int(claimed[1]) == in_all
        gone = ("reversal", "refund", "returned")
        sums = [sum(row["amount"] for row in found.rows if ((row.get("kind") or row.get("outcome")) in gone) == back)
                for back in (False, True)]  # fmt: skip
        assert found.bad or sums == [Decimal(each) * 100 for each in claimed[2:]]


@effort(150)
@given(files(tax.COLUMNS, TAX))
def test_statements_of_the_tax_office(body: bytes) -> None:
    plainly(body, tax.read_statement(body), tax.COLUMNS)


@effort(150)
@given(files(treasury.COLUMNS, TREASURY))
def test_statements_of_the_treasury(body: bytes) -> None:
    plainly(body, treasury.read_statement(body), treasury.COLUMNS)
