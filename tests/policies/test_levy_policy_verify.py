"""``levy policy verify`` says how much of a notice is proved, both ways, and where it is not."""

import os
import unicodedata
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from tests.policies.official_texts import SAMPLE, SAMPLE_NAME, sample_text
from worker.cli import levy

RULES = SAMPLE / f"{SAMPLE_NAME}.yaml"


def run(*words: str | Path) -> Result:
    """The command's outcome."""
    return CliRunner().invoke(levy, ["policy", "verify", *map(os.fspath, words)])


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A folder with the invented city's text, to be changed."""
    (tmp_path / f"{SAMPLE_NAME}.txt").write_text(sample_text(), encoding="utf-8")
    return tmp_path


def reword(texts: Path, old: str, new: str) -> None:
    """Change some words of the text."""
    assert old in sample_text()
    (texts / f"{SAMPLE_NAME}.txt").write_text(sample_text().replace(old, new), encoding="utf-8")


def test_a_proved_notice_has_100_percent_both_ways_and_exits_0(texts: Path) -> None:
    done = run("--texts", texts, RULES)
    assert done.exit_code == 0
    assert done.output.count("100 %") == 2
    assert "✗" not in done.output
    assert done.output.endswith("共0个问题 / 0 findings\n")


def test_every_line_of_the_counts_fits_80_columns(texts: Path) -> None:
    for line in run("--texts", texts, RULES).output.splitlines():
        assert sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line) <= 80


def test_a_finding_is_a_sentence_in_both_languages_and_exits_1(texts: Path) -> None:
    reword(texts, "每年 200 元", "每年 210 元")
    done = run("--texts", texts, RULES)
    assert done.exit_code == 1
    assert "✗ 规则adult-premium取自一的200元不在该条" in done.output
    assert "rule adult-premium took 200元 from 一, where the figures are 210元" in done.output
    assert "no rule accounts for 210元 in 一" in done.output


def test_one_lost_figure_is_never_rounded_up_to_100_percent(texts: Path) -> None:
    reword(texts, "登记并缴费", "登记或缴费")
    assert "100 %" not in run("--texts", texts, RULES).output.split("原文→规则")[1]


def test_json_has_the_counts_and_the_findings(texts: Path) -> None:
    reword(texts, "登记并缴费", "登记或缴费")
    done = run("--texts", texts, "--json", RULES)
    told = orjson.loads(done.output)
    assert done.exit_code == 1
    assert told["notice"] == SAMPLE_NAME
    assert told["counts"]["wording"] == {"asked": 12, "good": 11}
    assert told["counts"]["taken"]["asked"] == told["counts"]["taken"]["good"] > 0
    [finding] = told["findings"]
    assert (finding["question"], finding["clause"]) == ("wording", "二(二)2")


def test_the_fingerprints_to_keep_can_be_printed(texts: Path) -> None:
    printed = run("--texts", texts, "--fingerprints", RULES).output
    assert printed.partition("fingerprints:")[2].strip() in RULES.read_text(encoding="utf-8")


def test_a_text_in_gb18030_is_read(texts: Path) -> None:
    (texts / f"{SAMPLE_NAME}.txt").write_bytes(sample_text().encode("gb18030"))
    assert run("--texts", texts, RULES).exit_code == 0


def test_a_missing_text_is_named(texts: Path) -> None:
    done = run("--texts", texts, "shiquan-2021")
    assert done.exit_code == 1
    assert "has no official text of shiquan-2021: shiquan-2021.txt is missing" in done.output


def test_an_unknown_notice_is_named() -> None:
    with pytest.raises(Exception, match="there is no notice called 'shiquan-2022'"):
        CliRunner().invoke(levy, ["policy", "verify", "--texts", str(SAMPLE), "shiquan-2022"], catch_exceptions=False)
