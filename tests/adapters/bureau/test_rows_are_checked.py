"""Each thing that can be wrong with a row is found, is named by field and code, and has a sentence in two languages."""

import pytest

from adapters.bureau.problems import Problem, codes, reason
from tests.adapters.bureau.reading import ACCOUNT, APPLICATION, ENROLMENT, FLAG, lines_of, read


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"cert_no": "610922199003078516"}, ("cert_no", "cert_checksum")),
        ({"cert_no": "610922199013078519"}, ("cert_no", "cert_date")),
        ({"cert_no": "610922900307851"}, ("cert_no", "cert_length")),
        ({"cert_no": "６10922199003078519"}, ("cert_no", "full_width")),
        ({"cert_no": "6.10922E+17"}, ("cert_no", "scientific_notation")),
        ({"cert_no": ""}, ("cert_no", "missing")),
        ({"cert_no": "null"}, ("cert_no", "placeholder")),
        ({"cert_type": "99"}, ("cert_type", "unknown_value")),
        ({"cert_type": "07", "cert_no": "12345"}, ("cert_no", "format")),
        ({"name": "   "}, ("name", "missing")),
        ({"name": "NaN"}, ("name", "placeholder")),
        ({"name": "张3"}, ("name", "format")),
        ({"name": "张\x00三"}, ("name", "control_character")),
        ({"name": "张三" * 200}, ("name", "too_long")),
        ({"person_no": "6.1E+15"}, ("person_no", "scientific_notation")),
        ({"person_no": "１２３４５６"}, ("person_no", "full_width")),
        ({"person_no": "null"}, ("person_no", "placeholder")),
        ({"person_no": "610922199003078519"}, ("person_no", "identity_number")),
        ({"person_no": "11010519491231002x"}, ("person_no", "identity_number")),
        ({"person_no": "ID610922199003078511"}, ("person_no", "identity_number")),
        ({"household_no": "610922199003078519"}, ("household_no", "identity_number")),
        ({"birth_date": "1990-03-08"}, ("birth_date", "birth_date_differs")),
        ({"birth_date": "1990-02-30"}, ("birth_date", "date")),
        ({"birth_date": "90-3-7"}, ("birth_date", "date")),
        ({"person_type": "1999"}, ("person_type", "unknown_value")),
        ({"insured_year": "21"}, ("insured_year", "format")),
        ({"insured_year": "1e400"}, ("insured_year", "scientific_notation")),
        ({"insured_year": "-0"}, ("insured_year", "format")),
        ({"area": "610999"}, ("area", "unknown_area")),
        ({"town": "石头镇"}, ("town", "unknown_town")),
        ({"household_area": "6109"}, ("household_area", "format")),
        ({"student_stage": "school"}, ("student_stage", "incomplete")),
        ({"student_enrolled_on": "2020-09-01"}, ("student_enrolled_on", "incomplete")),
        ({"registered_on": "2020-09-01"}, ("registered_on", "in_future")),
        ({"circumstances": "退役士兵；其他"}, ("circumstances", "unknown_value")),
        ({"prior_scheme": "职工", "prior_area": "610922"}, ("prior_scheme", "incomplete")),
    ],
)
def test_a_bad_enrolment_is_named_by_field_and_code(change: dict[str, str], fault: tuple[str, str]) -> None:
    found = read(lines_of(ENROLMENT | change).encode())
    assert (found.lines, found.faults) == ([], [(2, *fault)])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"category": "五保亲属"}, ("category", "unknown_category")),
        ({"category": "9999"}, ("category", "unknown_category")),
        ({"recognised_on": ""}, ("recognised_on", "missing")),
        ({"recognised_on": "2020-09-01"}, ("recognised_on", "in_future")),
        ({"recognised_on": "1800-01-01"}, ("recognised_on", "too_old")),
        ({"revoked_on": "2019-04-30"}, ("revoked_on", "revoked_before_recognised")),
        ({"area": "石泉县"}, ("area", "format")),
    ],
)
def test_a_bad_flag_is_named_by_field_and_code(change: dict[str, str], fault: tuple[str, str]) -> None:
    found = read(lines_of(FLAG | change).encode())
    assert (found.lines, found.faults) == ([], [(2, *fault)])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"account_no": "6.217E+18"}, ("account_no", "scientific_notation")),
        ({"account_no": "12345"}, ("account_no", "format")),
        ({"bank": ""}, ("bank", "missing")),
        ({"bank": "610922199003078519"}, ("bank", "format")),
        ({"account_name": "#N/A"}, ("account_name", "placeholder")),
    ],
)
def test_a_bad_account_is_named_by_field_and_code(change: dict[str, str], fault: tuple[str, str]) -> None:
    found = read(lines_of(ACCOUNT | change).encode())
    assert (found.lines, found.faults) == ([], [(2, *fault)])


def test_all_that_is_wrong_with_a_row_is_named_at_once() -> None:
    found = read(lines_of(ENROLMENT | {"name": "", "town": "石头镇", "birth_date": "x"}).encode())
    assert [(field, code) for _, field, code in found.faults] == [
        ("name", "missing"),
        ("birth_date", "date"),
        ("town", "unknown_town"),
    ]


def test_good_rows_go_on_and_keep_their_lines() -> None:
    other = ENROLMENT | {"person_no": "6109220000000002", "cert_no": "11010519491231002X", "birth_date": "1949-12-31"}
    found = read(lines_of(ENROLMENT, ENROLMENT | {"town": "?"}, other).encode())
    assert found.lines == [2, 4]
    assert found.columns["cert_no"] == ["610922199003078519", "11010519491231002X"]
    assert [row.line for row in found.bad] == [3]


def test_not_known_and_has_none_are_two_things() -> None:
    unknown = read(lines_of(ENROLMENT | {"household_area": "", "residence_area": "无"}).encode())
    assert (unknown.columns["household_area"], unknown.columns["residence_area"]) == ([None], [""])


def test_a_repeat_names_the_line_that_counts_across_chunks() -> None:
    other = ENROLMENT | {"person_no": "6109220000000002", "cert_no": "11010519491231002X", "birth_date": "1949-12-31"}
    changed = ENROLMENT | {"household_no": "H00000009"}
    stolen = other | {"person_no": ENROLMENT["person_no"]}
    found = read(lines_of(ENROLMENT, ENROLMENT, changed, stolen).encode(), chunk_rows=1)
    assert found.lines == [2]
    assert [(row.line, *row.problems[0]) for row in found.bad] == [
        (3, "cert_no", "duplicate", "2"),
        (4, "cert_no", "duplicate_differs", "2"),
        (5, "person_no", "duplicate_person_no", "2"),
    ]


def test_the_repeat_of_a_bad_row_is_no_repeat() -> None:
    found = read(lines_of(ENROLMENT | {"town": "某镇"}, ENROLMENT).encode())
    assert (found.lines, found.faults) == ([3], [(2, "town", "unknown_town")])


def test_what_people_write_below_a_list_is_left_out_and_said() -> None:
    blank = dict.fromkeys(ENROLMENT, "")
    found = read(
        lines_of(ENROLMENT, blank | {"name": "合计：1人"}, blank | {"person_no": "审核人：", "name": "张三"}).encode()
    )
    assert (found.lines, found.bad) == ([2], [])
    assert found.notes == ("Totals and signatures were left out, on line 3, 4.",)


def test_an_unusual_area_prefix_is_noted_and_taken() -> None:
    found = read(lines_of(ENROLMENT | {"cert_no": "990922199003078514"}).encode())
    assert found.lines == [2]
    assert "1 identity numbers begin with no province" in found.notes[0]


def test_codes_of_the_province_chinese_names_and_our_words_are_one_category() -> None:
    for word in ("7019", "低保", "最低生活保障对象", "minimum_living_allowance"):
        assert read(lines_of(FLAG | {"category": word}).encode()).columns["category"] == ["minimum_living_allowance"]


def test_a_province_without_a_code_table_has_no_codes() -> None:
    assert read(lines_of(FLAG | {"category": "7019", "area": "430124"}).encode()).faults == [
        (2, "category", "unknown_category")
    ]


def test_a_reason_never_shows_what_may_be_personal() -> None:
    slipped = ENROLMENT | {"birth_date": "610922199003078519", "town": "张三", "person_type": "张三"}
    for row in read(lines_of(slipped).encode()).bad:
        sentences = [reason(problem, language) for problem in row.problems for language in ("en", "zh")]
        assert not any("张三" in sentence or "19900307" in sentence for sentence in sentences)


@pytest.mark.parametrize("slipped", ["E98765432", "Jane Roe X", "01234567", "1990-03-08x"])
def test_a_short_name_or_document_number_is_shown_in_no_column(slipped: str) -> None:
    for row in (ENROLMENT, FLAG, ACCOUNT, APPLICATION):
        for field in row:
            told = [
                problem.detail
                for bad in read(lines_of(row | {field: slipped}).encode()).bad
                for problem in bad.problems
            ]
            assert not any(slipped in detail for detail in told), field


def test_a_wrong_code_or_day_is_shown_and_a_date_of_birth_is_not() -> None:
    wrong = ENROLMENT | {
        "area": "610999",
        "person_type": "1999",
        "registered_on": "2020-02-30",
        "birth_date": "1990-2-30",
    }
    details = {problem.field: problem.detail for problem in read(lines_of(wrong).encode()).bad[0].problems}
    assert details["area"] == ": 610999"
    assert details["person_type"] == ": 1999"
    assert details["registered_on"] == ": 2020-02-30"
    assert details["birth_date"] == ""


def test_every_code_has_a_sentence_in_both_languages() -> None:
    for code in codes():
        field = "person_type" if code == "unknown_value" else "name"
        assert all(reason(Problem(field, code, "2"), language) for language in ("en", "zh"))
