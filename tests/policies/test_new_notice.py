"""A new notice without code: the skeleton, what it says is blank, the schema for editors, the check."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
import yaml
from click.testing import CliRunner, Result

from policies.assess import assess
from policies.load import NOTICES, available_notices, read_notice
from policies.question import AssessQuestion
from policies.reach import idle_rules
from policies.rulefile import RuleFileError, blanks_in
from policies.schema import local_schema, notice_schema, undescribed
from policies.skeleton import NoNoticeName, skeleton
from tests.policies.every_notice import EXAMPLE_FILE
from worker.cli.policy import command as policy

FILLED = {
    "区划代码": "999901",
    "条号": "二",
    "个人缴费标准的分数": "40000",
    "月数": "3",
    "首日的前一天": "2026-08-31",
    "集中参保期首日": "2026-09-01",
    "集中参保期末日": "2026-12-31",
    "低保资助的分数": "20000",
}
"""What a clerk would write, by words of the blank; any other blank is a text."""


def fill(text: str) -> str:
    """The skeleton with every blank filled in."""
    for wanted in [text[start + 1 : text.index(">", start)] for start in range(len(text)) if text[start] == "<"]:
        value = next((value for words, value in FILLED.items() if words in wanted), "一句话")
        text = text.replace(f"<{wanted}>", value)
    return text


def levy_policy(*arguments: str | Path) -> Result:
    """Run ``levy policy``."""
    return CliRunner().invoke(policy, [str(part) for part in arguments])


def test_a_skeleton_loads_once_its_blanks_are_filled_and_decides(tmp_path: Path) -> None:
    path = tmp_path / "changchun-2027.yaml"
    path.write_text(fill(skeleton("changchun-2027")), encoding="utf-8")
    notice = read_notice(path)
    assert (notice.insured_year, str(notice.period_last)) == (2027, "2027-12-31")
    assert idle_rules(notice) == []
    asked = {"question": "assess", "notice": "changchun-2027", "pooling_area": "999901", "birth_date": "1980-01-01"}
    flags = [{"category": "minimum_living_allowance", "area": "999901", "recognised_on": "2020-01-01"}]
    for as_of, starts_on in (("2026-12-31", "2027-01-01"), ("2027-01-10", "2027-04-11")):
        question = AssessQuestion.model_validate({**asked, "as_of": as_of, "flags": flags})
        answer = assess(notice, None, question).answer()
        assert (answer["due"], answer["flow"], answer["benefit"]["starts_on"]) == (20000, "net_levy", starts_on)


def test_each_blank_alone_keeps_the_file_from_loading_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "changchun-2027.yaml"
    path.write_text(skeleton("changchun-2027"), encoding="utf-8")
    blanks = blanks_in(path)
    assert len(blanks) > 30
    whole = fill(skeleton("changchun-2027")).splitlines()
    for line, field, wanted in blanks:
        lines = list(whole)
        lines[line - 1] = skeleton("changchun-2027").splitlines()[line - 1]
        path.write_text("\n".join(lines), encoding="utf-8")
        with pytest.raises(RuleFileError) as error:
            read_notice(path)
        assert (error.value.line, error.value.field) == (line, field)
        assert wanted in error.value.problem


def test_the_commented_examples_of_the_skeleton_are_rules_that_load(tmp_path: Path) -> None:
    text = fill(skeleton("changchun-2027"))
    for start in ("  # - id: minor-or-student-premium", "# places:", "# readings:"):
        at = text.index(start)
        block = text[at:].split("\n\n")[0].split("\n  - id")[0]
        text = text.replace(block, block.replace("\n# ", "\n").replace("\n  # ", "\n  ").replace("# ", "", 1))
    text = (
        text.replace("    # lapse:", "    lapse:").replace("  # cutoff:", "  cutoff:").replace("  # later:", "  later:")
    )
    path = tmp_path / "changchun-2027.yaml"
    path.write_text(text, encoding="utf-8")
    notice = read_notice(path)
    assert [rate.rate_class for rate in notice.rates] == ["minor_or_student", "uniform"]
    assert notice.places[0].enrol_at == "school"
    assert notice.covers_from[1].lapse is not None
    assert notice.assistance.later is not None
    assert notice.readings[0].id == "S1"


@pytest.mark.parametrize("name", ["Changchun-2027", "changchun", "changchun-1999", "../changchun-2027", "长春-2027"])
def test_what_cannot_name_a_notice_is_refused(name: str) -> None:
    with pytest.raises(NoNoticeName, match="cannot name a notice"):
        skeleton(name)


def test_new_writes_the_file_says_what_is_blank_and_never_overwrites(tmp_path: Path) -> None:
    done = levy_policy("new", "changchun-2027", "--to", tmp_path)
    assert done.exit_code == 0, done.output
    assert "line 14, document_number: 待填 still blank: 文号 document number" in done.output
    again = levy_policy("new", "changchun-2027", "--to", tmp_path)
    assert again.exit_code == 1
    assert "exists already" in again.output
    told = levy_policy("check", tmp_path / "changchun-2027.yaml")
    assert told.exit_code == 1
    assert "routes.1.when.paid.first: 待填 still blank: 集中参保期首日 first day of the window" in told.output
    named = orjson.loads(levy_policy("new", "jilin-2027", "--to", tmp_path, "--json").output)
    assert {"line": 14, "field": "document_number", "wanted": "文号 document number"} in named["blanks"]


def test_check_tells_a_mistake_a_rule_that_never_decides_and_that_all_is_well(tmp_path: Path) -> None:
    text = EXAMPLE_FILE.read_text(encoding="utf-8")
    path = tmp_path / EXAMPLE_FILE.name
    path.write_text(text, encoding="utf-8")
    assert levy_policy("check", path).exit_code == 0
    path.write_text(text.replace("amount: 30000", "amount: 300.00"), encoding="utf-8")
    assert "line 24, rates.0.amount: this should be a whole number" in levy_policy("check", path).output
    young = text.replace("years_at_least: 70, years_below: 80, day", "years_at_least: 3, years_below: 9, day")
    path.write_text(young, encoding="utf-8")
    idle = levy_policy("check", path, "--json")
    assert idle.exit_code == 1
    findings = orjson.loads(idle.output)["findings"]
    assert len(findings) == 1
    assert "rule old-age-premium can never decide" in findings[0]
    assert "neither a file nor a notice" in levy_policy("check", "jilin-2029").output


def written(path: Path) -> Any:
    """A YAML file as JSON."""
    return json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))


def test_every_field_of_the_schema_is_described() -> None:
    assert undescribed() == []
    for schema in (notice_schema(), local_schema()):
        for part in (*schema["$defs"].values(), schema):
            for name, field in part.get("properties", {}).items():
                assert field["description"], name


@pytest.mark.parametrize("path", [*(NOTICES / f"{name}.yaml" for name in available_notices()), EXAMPLE_FILE])
def test_the_schema_accepts_what_loads(path: Path) -> None:
    assert [error.message for error in jsonschema_rs.validator_for(notice_schema()).iter_errors(written(path))] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("start: fixed", "start: soon"),
        ("amount: 30000", "amount: many"),
        ("insurance: resident_medical", "insurance: resident"),
        ("categories: extreme_poverty", "categories: poor"),
        ("clauses: 四", "claus: 四"),
        ("shares: [{source: medical_assistance, amount: full}]", "shares: []"),
        ('amount: "60%"', 'amount: "160%"'),
        ("insured_year: 2026\n", ""),
    ],
)
def test_the_schema_refuses_what_does_not_load(right: str, wrong: str, tmp_path: Path) -> None:
    text = EXAMPLE_FILE.read_text(encoding="utf-8")
    assert right in text
    path = tmp_path / EXAMPLE_FILE.name
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    assert not jsonschema_rs.validator_for(notice_schema()).is_valid(written(path))


def test_the_schemas_are_printed_and_know_a_local_file() -> None:
    printed = orjson.loads(levy_policy("schema").output)
    assert printed["properties"]["document_number"]["description"].startswith("文号")
    local = jsonschema_rs.validator_for(orjson.loads(levy_policy("schema", "--local").output))
    assert local.is_valid({"notice": "hunan-2021", "areas": "430124", "assistance": {"registered_poor": "60%"}})
    assert not local.is_valid({"notice": "hunan-2021", "areas": "430124", "assistance": {"registered_poor": "lots"}})
