"""Rows that would do harm are set aside one by one; none takes another with it or is read as something else."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.bureau.problems import FileRefused
from tests.adapters.bureau.reading import ENROLMENT, lines_of, read

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


@given(st.binary(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused_never_more(content: bytes) -> None:
    with suppress(FileRefused):
        read(content)


@given(st.dictionaries(st.sampled_from(sorted(ENROLMENT)), st.text(max_size=30), max_size=4))
@settings(max_examples=200, deadline=None)
def test_any_text_in_any_cell_harms_no_other_row(change: dict[str, str]) -> None:
    spoiled = {name: cell.replace("\n", " ").replace("\r", " ") for name, cell in (ENROLMENT | change).items()}
    found = read(lines_of(spoiled, OTHER).encode("utf-8", "surrogatepass"))
    assert 3 in [*found.lines, *(row.line for row in found.bad if row.problems[0].code.startswith("duplicate"))]
