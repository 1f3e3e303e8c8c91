"""However a PDF breaks an official text, its clauses and figures are read alike."""

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.official.clauses import CLOSING, FRONT, read_official_text
from policies.official.figures import figure_of, figures_in
from policies.official.furniture import joined, plain
from tests.policies.official_texts import sample_text

TREE = {place: part.text for place, part in read_official_text(sample_text()).items()}
BRACKETS = {"(": "(（〔[【", ")": ")）〕]】"}
FURNITURE = ("- 3 -", "— 12 —", "第 3 页 共 9 页", "2/9", "---", "· 4 ·")


@st.composite
def typesettings(draw: st.DrawFn) -> str:
    """The invented text set anew: other breaks, spaces, brackets, widths of digits, and page furniture anywhere."""
    random, loose = Random(draw(st.integers(0, 2**32))), draw(st.sampled_from([0.0, 0.05, 0.2, 0.6]))
    paragraphs = [set_anew(paragraph, random, loose) for paragraph in clean_paragraphs()]
    return random.choice(["\n", "\r\n", " \n\n"]).join(paragraphs)


def set_anew(paragraph: str, random: Random, loose: float) -> str:
    """A paragraph broken anywhere but inside a number, each sign in one of its shapes."""
    signs = []
    for sign, behind in zip(paragraph, f"{paragraph[1:]}\n", strict=True):
        shapes = BRACKETS.get(sign, sign + chr(ord(sign) + 0xFEE0) if sign.isdigit() and loose else sign)
        signs.append(random.choice(shapes))
        tight = sign.isdigit() and (behind.isdigit() or behind in "%,.")
        if not tight and behind != "\n" and random.random() < loose:
            signs.append(random.choice([" ", "  ", "\u3000", "\n", " \n\n  ", f"\n{random.choice(FURNITURE)}\n"]))
    return "".join(signs)


def clean_paragraphs() -> list[str]:
    """The text as its author wrote it: a paragraph for each clause, nothing broken."""
    paragraphs = [TREE[FRONT]]
    for place, text in TREE.items():
        if place in (FRONT, CLOSING):
            continue
        level = re.fullmatch(r"([一二三四五六七八九十]+)(?:\((.+?)\))?(\d+)?", place)
        assert level is not None
        first, second, third = level.groups()
        number = f"{third}." if third else f"({second})" if second else f"{first}、"
        paragraphs.append(number + text)
    itself, attached = TREE[CLOSING].split("附件")
    return [*paragraphs, itself, "附件" + attached]


@settings(max_examples=200, deadline=None)
@given(typesettings())
def test_breaks_spaces_brackets_widths_and_page_furniture_change_no_clause(text: str) -> None:
    assert {place: part.text for place, part in read_official_text(text).items()} == TREE


@settings(max_examples=50, deadline=None)
@given(typesettings())
def test_fingerprints_and_figures_survive_any_typesetting(text: str) -> None:
    first, second = read_official_text(sample_text()), read_official_text(text)
    for place, part in first.items():
        assert second[place].fingerprint == part.fingerprint
        assert second[place].figures == part.figures


def test_the_clauses_of_the_sample_are_these() -> None:
    assert list(TREE) == [
        "题首",
        "一",
        "二",
        "二(一)",
        "二(二)",
        "二(二)1",
        "二(二)2",
        "三",
        "四",
        "四(一)",
        "四(二)",
        "文末",
    ]


def test_a_heading_behind_a_full_stop_is_found_without_a_line_of_its_own() -> None:
    text = read_official_text("通知如下：一、标准。每年200元。二、时间。(一)前期。1.早的。2.晚的。(二)后期。")
    assert list(text) == ["题首", "一", "二", "二(一)", "二(一)1", "二(一)2", "二(二)", "文末"]


def test_a_number_that_is_not_the_next_is_no_heading() -> None:
    text = read_official_text("一、标准\n见附表。\n三、其他\n2.5倍以内。\n(二)项。\n二、时间\n一次缴清。")
    assert list(text) == ["题首", "一", "二", "文末"]
    assert "三、其他" in text["一"].text


def test_a_page_number_at_the_edge_of_a_page_is_no_figure() -> None:
    text = read_official_text("一、标准\n每年\n12\n\f200元。\n3\f\n4\n二、时间\n3\n月底前。\n")
    assert text["一"].text == "标准每年200元。"
    assert text["二"].text == "时间3月底前。"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2020年10月1日至12月31日", [("day", (2020, 10, 1)), ("day", (2020, 12, 31))]),
        ("2020年10月1日至2月28日", [("day", (2020, 10, 1)), ("day_of_year", (2, 28))]),
        ("2002年12月31日24时后", [("day_end", (2002, 12, 31))]),
        ("2021年2月30日", [("no_day", (2021, 2, 30))]),
        ("吉医保联〔2020〕25号", [("document", (2020, 25))]),
        ("1,280.50元", [("quantity", ("1280.5", "元"))]),
        ("5万元", [("quantity", ("5", "万元"))]),
        ("三百二十元", [("quantity", ("320", "元"))]),
        ("二十四个月", [("quantity", ("24", "个月"))]),
        ("百分之五十", [("quantity", ("50", "%"))]),
        ("５０％", [("quantity", ("50", "%"))]),
        ("2 0 2 1 年", [("year", (2021,))]),
        ("二〇二一年九月二十一日", [("day", (2021, 9, 21))]),
        ("统一年度、同一天、一个自然年度", []),
    ],
)
def test_figures_of_all_shapes_are_read(written: str, meant: list[tuple[str, tuple[int | str, ...]]]) -> None:
    assert [(figure.kind, figure.value) for figure in figures_in(plain(written))] == meant


@pytest.mark.parametrize("written", ["", "元", "280元和30元", "大约280元", "2021年至2022年"])
def test_what_is_not_one_figure_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="not one number or date"):
        figure_of(written)


def test_numbers_of_a_table_stay_apart() -> None:
    assert [figure.written for figure in figures_in(joined("1 东区 43486\n2 西区 10599"))] == [
        "1",
        "43486",
        "2",
        "10599",
    ]
