"""Sheets as they lie in the drop directory: what is written is read again, and the directory is ours alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.tax.files import tables
from adapters.tax.files.client import TaxFiles
from adapters.tax.files.drop import Drop, DropUnsafe, NotPlain
from adapters.tax.files.sheet import BadFile, read_sheet, write_sheet
from tests.adapters.office_by_hand import sealed
from tests.adapters.rows_made import due


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "drop"


def test_a_control_character_never_gets_into_a_file(root: Path) -> None:
    with pytest.raises(ValueError, match="control character"):
        TaxFiles(root).encode_due_batch("push-610922-1", "610922", 2021, [due(name="王\n秀英")])


cells = st.text(st.characters(codec="utf-8"), max_size=12).filter(str.isprintable)


@given(st.lists(st.tuples(cells, cells, st.integers(1, 10**12)), max_size=5), cells)
def test_what_is_written_is_read_again(rows: list[tuple[str, str, int]], about: str) -> None:
    lines = [[first, second, f"{fen // 100}.{fen % 100:02d}"] for first, second, fen in rows]
    columns = ["a", "b", "psn_clct_amt"]
    sheet = read_sheet(write_sheet("kind", [about], columns, lines), "kind", 1, columns)
    assert sheet.about == (about,)
    assert [list(row.values()) for row in sheet.rows] == lines


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_whatever_comes_for_a_file_is_refused_or_whole(body: bytes) -> None:
    for content in (body, b"HEAD,kind\na\n" + body, sealed("HEAD,kind", "a", fen=0)[:-1] + body):
        try:
            read_sheet(content, "kind", 0, ["a"])
        except BadFile:
            continue
        before = content[: content.rindex(b"TOTAL,")]
        assert hashlib.sha256(before).hexdigest().encode() in content[len(before) :]


def test_a_due_comes_through_its_file_unchanged() -> None:
    special = {"notice_no": "N1", "type": "late"}
    rows = [due(), due(channel="special", special=special, collection_type="supplement"), due(supersedes="x")]
    body = write_sheet("dues", ["k"], list(tables.DUE), [tables.to_cells(tables.DUE, row) for row in rows])
    sheet = read_sheet(body, "dues", 1, list(tables.DUE))
    assert [tables.to_row(tables.DUE, line) for line in sheet.rows] == rows


def test_a_file_larger_than_any_may_be_is_refused_unread(root: Path) -> None:
    drop = Drop(root, largest=1000)
    for size in (1000, 1001):
        (root / "results" / f"{size}.csv").write_bytes(b"x" * size)
    read = drop.read("results", "1000.csv")
    assert read is not None
    assert len(read[0]) == 1000
    with pytest.raises(NotPlain, match="more than 1000 bytes"):
        drop.read("results", "1001.csv")


@pytest.mark.parametrize("room", ["", "out", "results"])
def test_a_directory_that_others_may_enter_is_not_used(root: Path, room: str) -> None:
    TaxFiles(root)
    (root / room).chmod(0o750)
    with pytest.raises(DropUnsafe, match="encrypted disk"):
        TaxFiles(root)
