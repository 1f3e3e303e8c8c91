"""The same list is read the same whatever it was written with; what is no list of ours is refused with a sentence."""

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from adapters.bureau.columns import fields_of
from adapters.bureau.problems import FileRefused
from adapters.bureau.table import open_table, read_bytes
from tests.adapters.bureau.reading import ACCOUNT, APPLICATION, ENROLMENT, FLAG, OTHER_COVER, REFUND, lines_of, read

OTHER = ENROLMENT | {
    "person_no": "6109220000000002",
    "cert_no": "11010519491231002X",
    "name": "阿依古丽·买买提",
    "birth_date": "1949-12-31",
    "circumstances": "退役士兵、失联人员",
    "town": "610922104",
    "residence_area": "无",
}
TEXT = lines_of(ENROLMENT, OTHER)


def workbook(rows: list[list[object]], *more_sheets: list[list[object]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for content in (rows, *more_sheets):
            sheet = book.add_worksheet()
            for at, row in enumerate(content):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(at, column, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001
                    else:
                        sheet.write(at, column, cell)
    return buffer.getvalue()


def as_rows(*rows: dict[str, str]) -> list[list[object]]:
    return [list(rows[0]), *(list(row.values()) for row in rows)]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode("utf-8-sig"),
        TEXT.encode("gb18030"),
        TEXT.encode("utf-16"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace(",", "\t").encode(),
        TEXT.replace(",", ";").replace("退役士兵;", "退役士兵、").encode("gb18030"),
        ("石泉县参保名册\n\n" + TEXT).encode(),
        TEXT.replace("\n", "\n\n").encode(),
        "\n".join('"' + line.replace(",", '","') + '"' for line in TEXT.split()).encode(),
        "\n".join(line + "," for line in TEXT.split()).encode(),
        workbook(as_rows(ENROLMENT, OTHER)),
        workbook([["石泉县参保名册"], *as_rows(ENROLMENT, OTHER)], [["说明"]]),
    ],
    ids=[
        *("bom", "gb18030", "utf16", "crlf", "cr", "tab", "semicolon", "title", "blanks", "quoted", "trailing"),
        *("xlsx", "xlsx-title"),
    ],
)
def test_every_make_of_a_file_gives_the_same_rows(content: bytes) -> None:
    expected, found = read(TEXT.encode()), read(content)
    assert found.columns == expected.columns
    assert (found.bad, len(found.lines)) == ([], 2)


@pytest.mark.parametrize("which", [0, 1, 2], ids=["ours", "chinese", "national"])
def test_every_name_of_a_column_is_understood(which: int) -> None:
    for kind, row in (
        *(("enrolments", ENROLMENT), ("flags", FLAG), ("accounts", ACCOUNT), ("applications", APPLICATION)),
        *(("refunds", REFUND), ("other_cover", OTHER_COVER)),
    ):
        fields = {field.name: field for field in fields_of(kind)}
        header = [fields[name].accepted[min(which, len(fields[name].accepted) - 1)] for name in row]
        found = read(lines_of(row, header=header).encode())
        assert (found.kind, found.bad, found.notes) == (kind, [], ())


def test_a_column_of_identity_numbers_needs_no_type_of_document() -> None:
    row = {name: cell for name, cell in FLAG.items() if name != "cert_type"}
    found = read(lines_of(row, header=["身份证号", "身份类别", "认定地", "认定时间", "取消时间", "备注"]).encode())
    assert found.columns["cert_type"] == ["01"]


def test_dates_are_read_in_every_usual_form_and_numbers_from_cells() -> None:
    for written in ("1990/3/7", "1990.3.7", "1990-03-07 00:00:00", "1990年3月7日", "19900307"):
        assert read(lines_of(ENROLMENT | {"birth_date": written}).encode()).columns["birth_date"] == [date(1990, 3, 7)]
    header, row = as_rows(ENROLMENT)
    row[header.index("birth_date")] = date(1990, 3, 7)
    row[header.index("area")], row[header.index("insured_year")] = 610922, 2021
    assert read(workbook([header, row])).columns == read(lines_of(ENROLMENT).encode()).columns


def test_an_identity_number_kept_as_a_number_is_not_trusted() -> None:
    header, row = as_rows(ENROLMENT)
    row[header.index("cert_no")] = 610922199003078519
    assert read(workbook([header, row])).faults == [(2, "cert_no", "scientific_notation")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"\r\n \r\n", "empty"),
        ("姓名,电话\n张三,1\n".encode(), "No header of ours"),
        (ENROLMENT["name"].encode() * 50, "No header of ours"),
        (b"%PDF-1.4\n", "PDF"),
        (b"\xd0\xcf\x11\xe0" + bytes(500), r"\.xls"),
        (b"\x89PNG\r\n" + bytes(500), "picture"),
        (bytes(range(256)) * 40, "binary"),
        (b"PK\x03\x04" + b"xl/" + bytes(80), "no workbook"),
        (b"PK\x03\x04" + bytes(80), "ZIP"),
        (b"\xff" * 100 + b"\n", "neither UTF-8 nor GB18030"),
        (TEXT.replace("town", "twon").encode(), "乡镇"),
        (TEXT.replace("memo", "town").replace("household_no", "乡镇").encode(), "Two columns"),
        (workbook(as_rows(ENROLMENT), as_rows(FLAG)), "Several sheets"),
    ],
)
def test_what_is_no_file_of_ours_is_refused_whole(content: bytes, sentence: str) -> None:
    with pytest.raises(FileRefused, match=sentence):
        open_table(content)


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with pytest.raises(FileRefused, match="no file of this name"):
        read_bytes(path)
    path.write_bytes(bytes(11))
    with pytest.raises(FileRefused, match="11 bytes, more than the 10 allowed"):
        read_bytes(path, limit=10)


def test_a_column_that_is_not_read_is_named() -> None:
    found = read(lines_of(ENROLMENT | {"household_aera": "610922"}).encode())
    assert found.notes == ("Columns that are not read: household_aera.",)


def test_a_number_in_the_header_is_not_repeated() -> None:
    found = read(lines_of(ENROLMENT | {"x610922199003078519": ""}).encode())
    assert found.notes == ("Columns that are not read: x….",)


def test_a_list_without_rows_is_a_list() -> None:
    assert read(TEXT.splitlines()[0].encode()).lines == []


def test_a_workbook_that_unpacks_to_far_more_than_a_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.bureau.workbook.UNPACKED_LIMIT", 4 * 1024 * 1024)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(5 * 1024 * 1024))
    with pytest.raises(FileRefused, match="unpacks to far more"):
        open_table(buffer.getvalue())


def test_a_stray_cell_far_away_is_refused_before_memory_is_asked_for() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(as_rows(ENROLMENT)):
            sheet.write_row(at, 0, row)
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(FileRefused, match="stray cells"):
        open_table(buffer.getvalue())
