"""Lists of every kind, spoiled in cells, bytes and encoding: nothing breaks, is lost or is invented."""

from __future__ import annotations

import io
import random
import re
import zipfile

import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from adapters.bureau.columns import fields_of
from adapters.bureau.problems import FileRefused, reason
from adapters.bureau.workbook import unpacked_size
from tests.adapters.bureau.reading import Read, read
from tests.fuzzing import oracle
from tests.fuzzing.effort import FACTOR, SEED, effort
from tests.fuzzing.lists import Drawn, drawn_lists
from tests.fuzzing.spoiling import spoiled_bytes

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")
NOISE = re.compile(r"[\s*＊\ufeff]+")


def read_or_refused(content: bytes) -> Read | None:
    """What was read; None where the file is refused in a sentence that can be shown."""
    try:
        found = read(content)
    except FileRefused as refusal:
        assert re.fullmatch(r"[A-Z].*\.", str(refusal))
        assert str(refusal).isprintable()
        return None
    for note in found.notes:
        assert note.isprintable(), "it will stand in a report and in the database"
    for row in found.bad:
        assert row.problems
        for problem in row.problems:
            assert reason(problem, "zh").isprintable()
            assert reason(problem, "en").isprintable()
        assert "\x00" not in "".join(row.cells.values())
        "".join(row.cells.values()).encode()
    return found


def field_at(kind: str, header: list[str]) -> list[str | None]:
    """The field of each column, by the names that columns.yaml gives."""
    names = {NOISE.sub("", name).lower(): field.name for field in fields_of(kind) for name in field.accepted}
    return [names.get(NOISE.sub("", cell).lower()) for cell in header]


def checked(found: Read, header: list[str], rows: dict[int, list[str]]) -> None:
    """Every row of ``rows`` (by line) was taken, set aside, or is a footer; what was taken says what stands there."""
    fields = field_at(found.kind, header)
    taken, aside = set(found.lines), {row.line for row in found.bad}
    assert not taken & aside
    assert len(taken) + len(aside) == len(found.lines) + len(found.bad)
    for line in rows.keys() - taken - aside:
        assert oracle.is_footer(rows[line]), ("lost", line, rows[line])
    assert taken | aside <= rows.keys()
    for at, line in enumerate(found.lines):
        values = {name: column[at] for name, column in found.columns.items()}
        said = dict(zip(fields, rows[line], strict=False))
        for name in fields_of(found.kind):
            if name.name in said:
                oracle.check(name.name, said[name.name], values[name.name], values)
            else:
                assert values[name.name] is None or name.name == "cert_type"


def as_text(drawn: Drawn, delimiter: str) -> str:
    def cell(text: str) -> str:
        text = text.replace("\n", " ").replace("\r", " ")
        return '"' + text.replace('"', '""') + '"' if delimiter in text or '"' in text else text

    return "\n".join(delimiter.join(map(cell, row)) for row in (drawn.header, *drawn.rows)) + "\n"


def plainly(text: str, delimiter: str) -> tuple[list[str], dict[int, list[str]]]:
    """The header and the rows by line, as the oracle splits them."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cells = {at: oracle.split(line, delimiter) or ["\x00"] for at, line in enumerate(lines, 1) if line}
    first = min(cells)
    return cells.pop(first), cells


@effort(150)
@given(drawn_lists(), st.sampled_from(ENCODINGS), st.sampled_from(",\t;"))
def test_cells_of_delimited_lists(drawn: Drawn, encoding: str, delimiter: str) -> None:
    text = as_text(drawn, delimiter)
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:
        content, encoding = text.encode("utf-8", "replace"), "utf-8"
    found = read_or_refused(content)
    header, rows = plainly(content.decode(encoding), delimiter)
    if found is not None and found.kind == drawn.kind and not header[0].startswith("\x00"):
        checked(found, header, rows)


@effort(150)
@given(drawn_lists(), st.sampled_from(ENCODINGS), st.data())
def test_bytes_of_delimited_lists(drawn: Drawn, encoding: str, data: st.DataObject) -> None:
    whole = as_text(drawn, ",").encode(encoding, "replace")
    content = data.draw(spoiled_bytes(whole))
    found = read_or_refused(content)
    if found is None or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return
    for line, cells in ((line, at) for at, line in enumerate(found.lines)):
        raw = re.split(b"\r\n|\r|\n", content)[line - 1]
        readings = [raw.decode(name, "replace") for name in ("utf-8-sig", "gb18030")]
        readings.sort(key=lambda text: "\ufffd" in text)
        values = {name: column[cells] for name, column in found.columns.items()}
        # Bytes that fit nowhere may stand in a column that nobody asked for, and in no value.
        assert not any("\ufffd" in value for value in values.values() if isinstance(value, str))
        assert values["cert_no"][:14] in readings[0].replace('"', "") or values["cert_type"] not in ("01", "17")


def workbook(drawn: Drawn) -> bytes:
    buffer = io.BytesIO()
    as_typed = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, as_typed) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate((drawn.header, *drawn.rows)):
            for column, cell in enumerate(row):
                sheet.write_string(at, column, cell)
    return buffer.getvalue()


shown = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc")), max_size=12)


@effort(12)
@given(drawn_lists(shown | st.sampled_from(("=1+1", "２８０", "1E+17", "NaN", "\u202e", "2020-02-30"))))
def test_cells_of_workbooks(drawn: Drawn) -> None:
    found = read_or_refused(workbook(drawn))
    rows = {at: row for at, row in enumerate(drawn.rows, 2) if any(cell for cell in row)}
    if found is not None and found.kind == drawn.kind:
        checked(found, drawn.header, rows)


PARTS = (
    (b"<sheetData>", b"<sheetData><row r='0'/>"),
    (b't="s"', b't="b"'),
    (b't="s"', b't="d"'),
    (b't="s"', b't="e"'),
    (b"<v>0</v>", b"<v>99999999</v>"),
    (b"<v>1</v>", b"<v>-1</v>"),
    (b"<v>2</v>", b"<f>1+1</f><v></v>"),
    (b"<v>3</v>", b"<v>1e400</v>"),
    (b"<v>3</v>", b"<v>NaN</v>"),
    (b'r="A1"', b'r="AAAAAAAA99999999999"'),
    (b'r="A2"', b'r="A1"'),
    (b"<sst", b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><sst"),
    (b"</sst>", b""),
    (b"<t>", b"<t>\x00"),
    (b"<t>", b"<t>&b;"),
    (b'ref="A1:', b'ref="A1:XFD1048576'),
)


@effort(12)
@given(drawn_lists(shown), st.integers(0, 2**32), st.integers(0, 2))
def test_workbooks_that_are_damaged(drawn: Drawn, luck: int, how: int) -> None:
    whole, rng = workbook(drawn), random.Random(luck)
    if how == 0:  # inside the archive: its own checksums still fit
        altered = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(altered, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if rng.random() < 0.5:
                    content = content.replace(*rng.choice(PARTS), 1)
                if rng.random() < 0.1:
                    at = rng.randrange(len(content))
                    content = content[:at] + rng.randbytes(2) + content[at + 2 :]
                if rng.random() > 0.03:
                    new.writestr(name, content)
        content = altered.getvalue()
    else:
        spoiled = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            start = 0 if how == 1 else max(0, len(whole) - 900)  # the directory stands at the end
            spoiled[rng.randrange(start, len(spoiled))] = rng.randrange(256)
        content = bytes(spoiled[: len(spoiled) - rng.choice((0, 0, 1, 30, 600))])
    found = read_or_refused(content)
    if found is not None:
        for at in range(len(found.lines)):
            values = {name: column[at] for name, column in found.columns.items()}
            oracle.check("cert_no", values["cert_no"], values["cert_no"], values)


def test_the_directory_of_an_archive_may_say_anything() -> None:
    rng, whole = random.Random(SEED), workbook(Drawn("accounts", ["证件类型"], [["01"]]))
    directory = whole.index(b"PK\x01\x02")
    refused = 0
    for _ in range(1000 * FACTOR):
        spoiled = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            spoiled[rng.randrange(directory, len(spoiled))] = rng.randrange(256)
        try:
            unpacked_size(bytes(spoiled))
        except FileRefused:
            refused += 1
    assert refused > 100
