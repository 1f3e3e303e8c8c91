"""Rows that would do harm are set aside one by one; none takes another with it or is read as something else."""

import io
import re
import resource
import subprocess
import sys
import zipfile
from contextlib import suppress

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from adapters.bureau.problems import FileRefused
from tests.adapters.bureau.reading import ENROLMENT, lines_of, read
from tests.drawn import drawn

OTHER = ENROLMENT | {"person_no": "6109220000000002", "cert_no": "11010519491231002X", "birth_date": "1949-12-31"}


def test_a_quotation_mark_that_never_closes_swallows_one_line_only() -> None:
    found = read(lines_of(ENROLMENT | {"name": '"张三'}, OTHER).encode())
    assert (found.lines, found.faults) == ([3], [(2, "", "quoting")])


def test_a_quotation_mark_in_the_middle_harms_its_line_only() -> None:
    found = read(lines_of(ENROLMENT | {"name": '张"三"四"五'}, OTHER).encode())
    assert 3 in found.lines
    assert [row.line for row in found.bad] == [2]


def test_a_line_break_inside_a_cell_does_not_move_the_lines_after_it() -> None:
    found = read(lines_of(ENROLMENT | {"name": '"张\n三"'}, OTHER).encode())
    assert found.lines == [4]
    assert [row.line for row in found.bad] == [2, 3]


def test_a_comma_too_many_or_too_few_is_found_even_where_the_last_cells_are_blank() -> None:
    found = read(lines_of(ENROLMENT | {"name": "张,三"}, OTHER).encode())
    assert (found.lines, found.faults) == ([3], [(2, "", "cell_count")])
    short = lines_of(ENROLMENT, OTHER).replace("张三,", "张三", 1)
    assert read(short.encode()).faults == [(2, "", "cell_count")]


def test_a_cell_of_ten_megabytes_is_set_aside_and_kept_short() -> None:
    found = read(lines_of(ENROLMENT | {"name": "张" * 3_500_000}, OTHER).encode())
    assert (found.lines, found.faults) == ([3], [(2, "name", "too_long")])
    assert len(found.bad[0].cells["name"]) < 1100


def test_null_bytes_are_found_and_not_kept() -> None:
    found = read(lines_of(ENROLMENT | {"household_no": "H0000\x000001"}, OTHER).encode())
    assert (found.lines, found.faults) == ([3], [(2, "household_no", "control_character")])
    assert "\x00" not in found.bad[0].cells["household_no"]


def test_a_cell_in_another_encoding_does_not_turn_the_file_into_gibberish() -> None:
    whole = lines_of(ENROLMENT, *[OTHER | {"person_no": str(10**10 + at)} for at in range(20)]).encode()
    first = whole.index("张三".encode())
    mixed = whole[:first] + "张三".encode("gb18030") + whole[first + 6 :]
    found = read(mixed)
    assert found.faults[0] == (2, "name", "not_decoded")
    assert set(found.columns["name"]) == {"张三"}


def bomb(sheet: str, part: str = "xl/worksheets/sheet1.xml", strings: str = "") -> bytes:
    """A small workbook whose one sheet stands where ``part`` says."""
    plain, altered = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(plain, {"in_memory": True}) as book:
        book.add_worksheet().write(0, 0, "x")
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(altered, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name).decode().replace("worksheets/sheet1.xml", part.removeprefix("xl/"))
            content = re.sub("(?s)<sheetData>.*</sheetData>", f"<sheetData>{sheet}</sheetData>", content)
            content = re.sub("(?s)<si>.*</si>", strings or r"\g<0>", content)
            new.writestr(part if name == "xl/worksheets/sheet1.xml" else name, content)
    return altered.getvalue()


FAR = "<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c{} r='{}'><v>1</v></c></row>"


@pytest.mark.parametrize(
    "content",
    [
        bomb(FAR.format("", "XFD1048576")),
        bomb(FAR.format("\n", "XFD1048576")),
        bomb(FAR.format("", "xfd1048576")),
        bomb(FAR.format("", "XFD1048576"), part="xl/elsewhere/a.bin"),
        bomb("<row r='1'>" + "<c t='s'><v>0</v></c>" * 200 + "</row>", strings=f"<si><t>{'x' * 20_000_000}</t></si>"),
    ],
    ids=["single-quotes", "newline", "lower-case", "elsewhere", "one-long-string-everywhere"],
)
def test_a_small_workbook_that_asks_for_all_memory_is_refused_and_costs_the_service_none(content: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FileRefused, match="far more memory or time"):
        read(content)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


def test_a_sheet_with_a_stray_cell_far_to_the_right_is_refused() -> None:
    header = "".join(f"<c t='inlineStr'><is><t>{name}</t></is></c>" for name in ENROLMENT)
    with pytest.raises(FileRefused, match=r"column 16,384: delete stray cells"):
        read(bomb(f"<row r='1'>{header}<c r='XFD1'><v>1</v></c></row>"))


MEASURED = """
import resource, sys, time
from contextlib import suppress
from adapters.bureau.problems import FileRefused
from tests.adapters.bureau.reading import read
content, before = sys.stdin.buffer.read(), time.process_time()
with suppress(FileRefused):
    read(content)
print(time.process_time() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.parametrize(
    "content",
    [
        (",".join(ENROLMENT) + "," * 100_000 + "\n" + "a\n" * 5000).encode(),
        (",".join(ENROLMENT) + "\n" + "," * 40_000_000).encode(),
        (",".join(ENROLMENT) + "\n" + "a\n" * 20_000_000).encode(),
    ],
    ids=["wide-header", "wide-row", "short-rows"],
)
def test_commas_and_lines_without_end_cost_neither_minutes_nor_gigabytes(content: bytes) -> None:
    done = subprocess.run([sys.executable, "-c", MEASURED], input=content, capture_output=True, check=True)
    seconds, mebibytes = map(float, done.stdout.split())
    assert seconds < 60
    assert mebibytes < 1000


def test_a_row_of_very_many_cells_is_set_aside_and_the_others_go_on() -> None:
    found = read((lines_of(ENROLMENT) + "," * 10_000 + "x\n" + lines_of(OTHER).splitlines()[1]).encode())
    assert (found.lines, found.faults) == ([2, 4], [(3, "", "cell_count")])
    with pytest.raises(FileRefused, match="more than 200 columns"):
        read((lines_of(ENROLMENT).replace("\n", "," * 200 + "\n", 1)).encode())


@given(st.binary(max_size=2000))
@drawn(200)
def test_any_bytes_are_read_or_refused_never_more(content: bytes) -> None:
    with suppress(FileRefused):
        read(content)


@given(st.dictionaries(st.sampled_from(sorted(ENROLMENT)), st.text(max_size=30), max_size=4))
@drawn(200)
def test_any_text_in_any_cell_harms_no_other_row(change: dict[str, str]) -> None:
    spoiled = {name: cell.replace("\n", " ").replace("\r", " ") for name, cell in (ENROLMENT | change).items()}
    found = read(lines_of(spoiled, OTHER).encode("utf-8", "surrogatepass"))
    assert 3 in [*found.lines, *(row.line for row in found.bad if row.problems[0].code.startswith("duplicate"))]
