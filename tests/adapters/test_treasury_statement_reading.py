"""The treasury's statement: every line that can be read is read, every other is named, and the trailer is checked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ports import Unavailable
from adapters.replies import month_totals
from adapters.treasury.statement import COLUMNS, read_statement

HEADER = ",".join(COLUMNS)
LINE = "2020-09-01,610922-7,G1,610922,medical_assistance,120.00,paid,"
BACK = "2020-09-01,610922-8,G2,610922,medical_assistance,120.00,returned,account_closed"


def file(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines, ""]).encode()


def test_a_right_statement_is_read_without_a_word() -> None:
    statement = read_statement(file(LINE, BACK, "TOTAL,2,120.00,120.00"))
    assert (statement.bad, statement.problems) == ([], ())
    assert [(row["file_line"], row["amount"], row["code"]) for row in statement.rows] == [
        (2, 12000, None),
        (3, 12000, "account_closed"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("120.00", "120.001", "amount"),
        ("120.00", "-1.00", "amount"),
        ("120.00", "0.00", "amount"),
        ("2020-09-01", "2020-09-31", "executed_on"),
        ("610922-7", "610922197005010016", "reference"),
        ("G1", "", "order_no"),
        ("medical_assistance", "", "fund"),
        ("paid,", "paid,account_closed", "outcome"),
        ("paid,", "returned,", "outcome"),
        ("paid,", "lost,", "outcome"),
        ("paid,", "paid,,", ""),
    ],
)
def test_a_bad_line_is_named_and_costs_no_other_line(old: str, new: str, field: str) -> None:
    statement = read_statement(file(LINE, LINE.replace(old, new), BACK, "TOTAL,3,120.00,120.00"))
    assert [row["file_line"] for row in statement.rows] == [2, 4]
    assert [(line.line, line.field) for line in statement.bad] == [(3, field)]


def test_a_trailer_that_does_not_add_up_or_is_missing_is_said_in_sentences() -> None:
    assert len(read_statement(file(LINE, "TOTAL,2,120.01,0.01")).problems) == 3
    assert "cut" in read_statement(file(LINE)).problems[0]
    assert "header" in read_statement(b"a,b\n").problems[0]


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail(body: bytes) -> None:
    read_statement(body)
    read_statement(HEADER.encode() + b"\n" + body)


@pytest.mark.parametrize(
    "reply",
    [b"no", b"{}", b'{"totals": [1]}', b'{"totals": [{"area": "610922", "kind": "payment", "count": 1.5, "fen": 1}]}'],
)
def test_totals_of_a_month_that_cannot_be_trusted_are_asked_for_again(reply: bytes) -> None:
    with pytest.raises(Unavailable):
        month_totals(reply, "kind")
