"""The daily statement: every line that can be read is read, every other is named, and the trailer is checked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.tax.statement import COLUMNS, read_statement
from policies.money import yuan

HEADER = ",".join(COLUMNS)
LINE = "2020-09-01,36109222009000000001,1,due-1,person-1,390,202101-202112,610922,280.00,app,payment"
REVERSAL = "2020-09-01,36109222009000000002,1,due-1,person-1,390,202101-202112,610922,280.00,app,reversal"


def file(*lines: str | bytes, header: str = HEADER) -> bytes:
    return b"\n".join(line if isinstance(line, bytes) else line.encode() for line in (header, *lines)) + b"\n"


def test_a_right_statement_is_read_without_a_word() -> None:
    statement = read_statement(file(LINE, REVERSAL, "TOTAL,2,280.00,280.00"))
    assert (statement.bad, statement.problems) == ([], ())
    assert (statement.count, statement.paid, statement.reversed) == (2, 28000, 28000)
    payment, reversal = statement.rows
    assert (payment["file_line"], payment["amount"], payment["kind"]) == (2, 28000, "payment")
    assert (reversal["file_line"], reversal["kind"]) == (3, "reversal")


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    plain = file(LINE, "TOTAL,1,280.00,0.00")
    assert read_statement(b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n")) == read_statement(plain)


def test_a_bad_line_is_named_and_costs_no_other_line() -> None:
    bad = [
        LINE.replace("280.00", "280.005"),
        LINE.replace("280.00", "-280.00"),
        LINE.replace("280.00", "2.8e2"),
        LINE.replace("280.00", "NaN"),
        LINE.replace("280.00", "0.00"),
        LINE.replace("280.00", "２８０.００"),
        LINE.replace("280.00", "99999999999.00"),
        LINE.replace("2020-09-01", "2020-09-31"),
        LINE.replace("app", "owl"),
        LINE.replace("payment", "gift"),
        LINE.replace("due-1", ""),
        LINE.replace("due-1", "a\x00b"),
        LINE + ",more",
        "",
        '"unclosed',
        LINE.replace("due-1", "张三").encode("gb18030"),
        LINE.replace("due-1", "x" * 10_000_000),
    ]
    statement = read_statement(file(LINE, *bad, LINE, f"TOTAL,{len(bad) + 2},560.00,0.00"))
    assert [row["file_line"] for row in statement.rows] == [2, len(bad) + 3]
    assert [line.line for line in statement.bad] == list(range(3, len(bad) + 3))
    assert all(line.reason for line in statement.bad)
    assert [line.field for line in statement.bad[:11]] == ["amount"] * 7 + ["tax_date", "channel", "kind", "reference"]
    assert statement.problems == ()
    assert max(len(line.raw) for line in statement.bad) <= 2_000


def test_a_trailer_that_does_not_add_up_is_reported_in_sentences() -> None:
    assert len(read_statement(file(LINE, "TOTAL,2,280.00,0.00")).problems) == 1
    assert len(read_statement(file(LINE, "TOTAL,1,281.00,0.00")).problems) == 1
    assert len(read_statement(file(LINE, "TOTAL,3,281.00,1.00")).problems) == 3


def test_a_cut_file_says_so_and_keeps_its_lines() -> None:
    whole = file(LINE, LINE, "TOTAL,2,560.00,0.00")
    statement = read_statement(whole[: len(whole) - 30])
    assert len(statement.rows) == 1
    assert "trailer" in statement.problems[0]
    assert statement.count is None


def test_a_file_that_is_no_statement_gives_one_sentence_and_no_rows() -> None:
    for body in (b"", b"\n\n", b"PK\x03\x04" + bytes(range(256)) * 10, file(LINE, header="a,b,c")):
        statement = read_statement(body)
        assert (statement.rows, statement.bad, len(statement.problems)) == ([], [], 1)


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fail(body: bytes) -> None:
    read_statement(body)
    read_statement(HEADER.encode() + b"\n" + body)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=60), max_size=6))
def test_every_line_is_either_a_row_or_a_bad_line(texts: list[str]) -> None:
    lines = [part for text in texts for part in text.split("\n")]
    statement = read_statement(file(LINE, *lines, LINE, "TOTAL,1,1.00,0.00"))
    assert len(statement.rows) + len(statement.bad) == len(lines) + 2
    assert {row["file_line"] for row in statement.rows} >= {2, len(lines) + 3}


@given(st.lists(st.integers(1, 10**12), max_size=20))
def test_amounts_come_back_to_the_fen(amounts: list[int]) -> None:
    lines = [LINE.replace("280.00", yuan(amount)) for amount in amounts]
    statement = read_statement(file(*lines, f"TOTAL,{len(amounts)},{yuan(sum(amounts))},0.00"))
    assert [row["amount"] for row in statement.rows] == amounts
    assert statement.problems == ()
