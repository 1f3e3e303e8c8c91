"""The commands about notices, as they are typed: what they print, in 80 columns, and what they refuse."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from policies.load import NOTICES
from worker.cli import main
from worker.cli.policy.paper import wrapped

ASKED = {
    "question": "assess",
    "case": "甲",
    "notice": "shiquan-2021",
    "pooling_area": "610922",
    "as_of": "2020-10-01",
    "birth_date": "1970-05-01",
    "household_area": "610922",
}


def levy(*arguments: str, given: bytes = b"", fails: bool = False) -> str:
    """Run the command as ``levy`` does; its standard output, or its error where it must fail."""
    code, mask = 0, os.umask(0o077)
    isolated = CliRunner().isolation(input=given, env={"COLUMNS": "80"})
    with pytest.MonkeyPatch.context() as patch, isolated as (shown, said, _):
        patch.setattr(sys, "argv", ["levy", *arguments])
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    os.umask(mask)
    assert (code != 0) == fails, said.getvalue().decode()
    return (said if fails else shown).getvalue().decode()


def assert_page(shown: str) -> None:
    """Every line fits 80 columns; only names and paths that cannot be broken may be longer."""
    assert [line for line in shown.splitlines() if cell_len(line) > 80] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_show_says_what_governs_and_why_within_80_columns(lang: str) -> None:
    shown = levy("policy", "show", "220106", "2022", "--lang", lang)
    assert_page(shown)
    assert "assist-130" in shown
    assert ("该年度最具体的通知" if lang == "zh" else "the most specific notice of that year") in shown
    assert ("医疗救助资金 130.00元" if lang == "zh" else "medical assistance fund 130.00 yuan") in shown
    assert ("（待确认）" if lang == "zh" else "(to be confirmed)") in shown


def test_show_tells_local_parameters_open_and_set(tmp_path: Path) -> None:
    local = tmp_path / "county.yaml"
    local.write_text('notice: hunan-2021\nareas: ["430124"]\nassistance: {registered_poor: "60%"}\n', encoding="utf-8")
    shown = json.loads(levy("policy", "show", "430124", "2021", "--json", "--local", str(local)))
    state = {one["name"]: one["value"] for one in shown["local_parameters"]}
    assert state["assistance.registered_poor"] == "60%"
    assert state["full_funding_standard"] is None
    assert shown["resolution"]["inherits_from"] == "hunan-2021"
    assert "speak for 430124, not for 430126" in levy(
        "policy", "show", "430126", "2021", "--local", str(local), fails=True
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "220106", "2024"), "no notice governs 220106 in the insured year 2024"),
        (("show", "220106"), "name the insured year too"),
        (("show", "22", "2021"), "no six-digit area code"),
        (("show", "nowhere-2021"), "there is no notice called 'nowhere-2021'"),
        (("diff", "jilin-2021", "nowhere-2021"), "there is no notice called"),
        (("diff", "jilin-2021", "shiquan-2021", "--roster", "10"), "say with --area where the people enrol"),
        (("diff", "jilin-2021", "jilin-2023", "--roster", "0"), "has 1 to"),
        (("diff", "jilin-2021", "jilin-2023", "--roster", "nobody.csv"), "nobody.csv"),
        (("whatif", "jilin-2021", "--set", "assist-130.amount=-5"), "assist-130.shares.0.amount"),
        (("whatif", "jilin-2021", "--set", "assist-130.amount=1", "--area", "610922"), "governs no area 610922"),
        (("open", "--roster", "people.csv"), "name the NOTICE too"),
        (("open", "jilin-2021", "--local", "/nowhere.yaml"), "cannot be read"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(arguments: tuple[str, ...], told: str) -> None:
    said = levy("policy", *arguments, fails=True)
    assert told in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_diff_tells_rules_people_and_money(lang: str) -> None:
    shown = levy("policy", "diff", "jilin-2021", "changchun-2022", "--roster", "500", "--lang", lang)
    assert_page(shown)
    assert "when.paid.first: 2020-10-01 → 2021-10-08" in shown
    assert ("按资金来源" if lang == "zh" else "By funding source") in shown


def test_diff_of_a_notice_file_names_its_fields(tmp_path: Path) -> None:
    text = (NOTICES / "jilin-2021.yaml").read_text(encoding="utf-8")
    path = tmp_path / "jilin-2021.yaml"
    path.write_text(text.replace("amount: 13000", "amount: 14000"), encoding="utf-8")
    found = json.loads(levy("policy", "diff", "jilin-2021", str(path), "--json"))
    assert [(one["rule"], one["natures"]) for one in found["rules"]] == [("assist-130", ["amount"])]
    assert found["impact"] is None


def test_whatif_is_the_same_for_the_same_seed_and_money_is_whole_fen() -> None:
    arguments = ("policy", "whatif", "jilin-2021", "--set", "assist-130.amount=150元", "--roster", "2000", "--json")
    first = levy(*arguments)
    assert first == levy(*arguments)
    found = json.loads(first)["impact"]
    sources = {row["name"]: row["difference"]["fen"] for row in found["source"]}
    assert sources == {"medical_assistance": found["pay_less"]["fen"]}
    assert sources["medical_assistance"] > 0
    assert sources["medical_assistance"] % 2000 == 0


def test_whatif_of_a_local_parameter_tells_what_it_settles() -> None:
    shown = levy("policy", "whatif", "shiquan-2021", "--set", "local.late_payers=standard", "--roster", "500")
    assert_page(shown)
    assert "未确定 → 应缴" in shown


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_open_lists_gap_reading_and_alternative_with_what_hangs_on_it(lang: str) -> None:
    shown = levy("policy", "open", "shiquan-2021", "--roster", "500", "--lang", lang)
    assert_page(shown)
    for word in (
        ("空缺：", "我方读法：", "另一种读法：", "依此决定：")
        if lang == "zh"
        else ("Gap: ", "Our reading: ", "Otherwise: ")
    ):
        assert word in shown


def test_people_of_a_file_must_enrol_where_the_notice_governs(tmp_path: Path) -> None:
    roster = tmp_path / "people.csv"
    roster.write_text("pooling_area,birth_date,paid_on\n220106,1970-05-01,2020-11-02\n", encoding="utf-8")
    arguments = ("policy", "whatif", "jilin-2021", "--set", "adult-premium.amount=330元", "--roster", str(roster))
    found = json.loads(levy(*arguments, "--json"))["impact"]
    assert (found["people"], found["pay_more"]) == (1, {"people": 1, "fen": 1000})
    said = levy("policy", "open", "shiquan-2021", "--roster", str(roster), fails=True)
    assert "shiquan-2021 does not govern the pooling area 220106" in said


def test_open_without_a_roster_lists_all_notices_and_counts_nobody() -> None:
    entries = json.loads(levy("policy", "open", "--json"))["open"]
    assert {entry["notice"] for entry in entries} == {path.stem for path in NOTICES.glob("*.yaml")}
    assert all(entry["hanging"] is None for entry in entries)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_explain_tells_the_tree_within_80_columns(lang: str) -> None:
    shown = levy("explain", "-", "--lang", lang, given=json.dumps(ASKED).encode())
    assert_page(shown)
    assert ("✓ 缴费日：2020-10-01" if lang == "zh" else "✓ paid on: 2020-10-01") in shown


def test_explain_puts_an_error_in_the_place_of_what_is_no_question() -> None:
    given = json.dumps({**ASKED, "birth_date": "1970-02-30"}).encode() + b"\n" + json.dumps(ASKED).encode()
    program = [sys.executable, "-c", "from worker.cli import main; main()", "explain", "-", "--json"]
    ran = subprocess.run(program, input=given, capture_output=True, check=False)
    first, second = map(json.loads, ran.stdout.splitlines())
    assert ran.returncode == 1
    assert (first["error"]["line"], first["error"]["field"]) == (1, "birth_date")
    assert (second["case"], second["outcome"], second["nodes"][0]["rule"]) == ("甲", "due", "window")


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("四(一)：低保", ["四(一)：", "低保"]),
        ("一二三四，五", ["一二三", "四，五"]),
        ("one two three", ["one two", "three"]),
        ("abcdefghijklm", ["abcdefgh", "ijklm"]),
        ("", [""]),
    ],
)
def test_a_line_is_broken_between_words_and_behind_wide_signs(words: str, lines: list[str]) -> None:
    assert wrapped(words, 8) == lines
