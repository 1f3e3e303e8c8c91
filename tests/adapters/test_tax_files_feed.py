"""Payments as numbered files: in their order, each whole, none skipped; and statements as files."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path

import pytest

from adapters.ports import Unavailable
from adapters.tax.files.client import TaxFiles, Waits
from tests.adapters.office_by_hand import names, paid, payments, reasons
from tests.adapters.simulated import statement_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "drop"


@pytest.fixture
def tax(root: Path) -> TaxFiles:
    return TaxFiles(root, Waits(answer=0, poll=60, settle=60))


def put(root: Path, number: int, body: bytes) -> None:
    (root / "payments" / f"payments-{number:06d}.csv").write_bytes(body)


def followed(tax: TaxFiles, cursor: str | None, limit: int = 100) -> tuple[list[int], str]:
    """The sequence numbers of all that can be read after the cursor, and where to go on."""
    seen: list[int] = []
    while True:
        page = tax.payments(cursor, limit)
        seen, cursor = seen + [item["sequence"] for item in page.items], page.next_cursor
        if not page.more:
            return seen, cursor


def test_before_the_first_file_there_is_nothing_and_no_day_is_whole(tax: TaxFiles) -> None:
    page = tax.payments(None, 10)
    assert (page.items, page.more, page.whole_before) == ([], False, date.min)


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_files_are_read_in_their_order_row_by_row(tax: TaxFiles, root: Path, limit: int) -> None:
    put(root, 1, payments(1, "2020-09-02", *map(paid, range(1, 4))))
    put(root, 2, payments(2, "2020-09-03"))
    put(root, 3, payments(3, "2020-09-04", paid(4), paid(5)))
    seen, cursor = followed(tax, None, limit)
    assert seen == [1, 2, 3, 4, 5]
    at_the_end = tax.payments(cursor, limit)
    assert (at_the_end.items, at_the_end.next_cursor, at_the_end.more) == ([], cursor, False)
    assert at_the_end.whole_before == date(2020, 9, 4)
    put(root, 4, payments(4, "2020-09-05", paid(6)))
    assert followed(tax, cursor, limit)[0] == [6]


def test_a_read_file_may_be_put_away(tax: TaxFiles, root: Path) -> None:
    put(root, 1, payments(1, "2020-09-02", paid(1)))
    _, cursor = followed(tax, None)
    (root / "payments" / "payments-000001.csv").unlink()
    assert tax.payments(cursor, 10).items == []
    put(root, 2, payments(2, "2020-09-03", paid(2)))
    assert followed(tax, cursor)[0] == [2]


def test_a_gap_in_the_numbers_is_waited_for_and_not_skipped(tax: TaxFiles, root: Path) -> None:
    put(root, 1, payments(1, "2020-09-02", paid(1)))
    put(root, 3, payments(3, "2020-09-04", paid(3)))
    page = tax.payments(None, 10)
    assert [item["sequence"] for item in page.items] == [1]
    assert page.more, "what comes after a gap is not the end of the feed"
    with pytest.raises(Unavailable, match=r"payments-000002.csv has not come") as waiting:
        tax.payments(page.next_cursor, 10)
    assert waiting.value.retry_after == 60
    put(root, 2, payments(2, "2020-09-03", paid(2)))
    assert followed(tax, page.next_cursor)[0] == [2, 3]


@pytest.mark.parametrize(
    "spoiled",
    [
        payments(1, "2020-09-02", paid(1), fen=28001),
        payments(2, "2020-09-02", paid(1)),
        payments(1, "yesterday", paid(1)),
        payments(1, "2020-09-02", paid(1)).replace(b"V1", b"V2"),
        payments(1, "2020-09-02", paid(1).replace("280.00", "NaN")),
        b"not a file",
    ],
)
def test_a_wrong_file_is_refused_whole_and_waited_for_until_it_comes_anew(
    tax: TaxFiles, root: Path, spoiled: bytes
) -> None:
    put(root, 1, spoiled)
    then = time.time() - 61
    os.utime(root / "payments" / "payments-000001.csv", (then, then))
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"payments-000001.csv was refused"):
            tax.payments(None, 10)
    assert len(reasons(root)) == 1
    assert names(root, "payments") == []
    put(root, 1, payments(1, "2020-09-02", paid(1)))
    assert followed(tax, None)[0] == [1]


def test_a_file_that_is_still_being_written_is_not_the_end_of_its_day(tax: TaxFiles, root: Path) -> None:
    put(root, 1, payments(1, "2020-09-02", paid(1)))
    _, cursor = followed(tax, None)
    put(root, 2, payments(2, "2020-09-03", paid(2))[:-20])
    page = tax.payments(cursor, 10)
    assert (page.items, page.whole_before) == ([], date(2020, 9, 2))
    assert reasons(root) == []


def test_a_file_that_is_exchanged_while_it_is_half_read_is_noticed(tax: TaxFiles, root: Path) -> None:
    put(root, 1, payments(1, "2020-09-02", paid(1), paid(2)))
    page = tax.payments(None, 1)
    put(root, 1, payments(1, "2020-09-02", paid(7), paid(8)))
    with pytest.raises(Unavailable, match="not the one of which 1 rows were read"):
        tax.payments(page.next_cursor, 1)


def test_a_row_that_cannot_be_booked_is_set_aside_and_the_others_stand(tax: TaxFiles, root: Path) -> None:
    put(root, 1, payments(1, "2020-09-02", paid(1), paid(2, channel="owl"), paid(3, reference="")))
    page = tax.payments(None, 10)
    assert [item["sequence"] for item in page.items] == [1]
    assert [row.reason for row in page.malformed] == [
        "its channel is not known",
        "its reference is not a short text, or has the form of an identity number",
    ]
    assert "owl" in page.malformed[0].raw


def test_a_cursor_of_another_tax_side_is_not_taken_for_one_of_ours(tax: TaxFiles) -> None:
    with pytest.raises(ValueError, match="another one before"):
        tax.payments("4711", 10)


def test_a_statement_is_the_file_of_its_day(tax: TaxFiles, root: Path) -> None:
    day = date(2020, 9, 1)
    assert statement_of(tax, day) is None
    (root / "statements" / "statement-2020-09-01.csv").write_bytes(b"as it is")
    assert statement_of(tax, day) == b"as it is"
    assert tax.statements(day, date(2020, 9, 9)) == {day: b"as it is"}
    (root / "statements" / "statement-2020-09-02.csv").symlink_to("/etc/hostname")
    with pytest.raises(Unavailable):
        statement_of(tax, date(2020, 9, 2))
