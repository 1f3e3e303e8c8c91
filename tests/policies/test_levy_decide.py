"""``levy decide``: an answer a line, in order; a line that is no question gets an error in its place."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from policies.answering import Desk

ASKED = {
    "question": "assess",
    "case": "甲",
    "notice": "shiquan-2021",
    "pooling_area": "610922",
    "as_of": "2020-10-01",
    "birth_date": "1970-05-01",
    "household_area": "610922",
}

PRIOR = {"scheme": "employee", "area": "610922", "months": 3, "ended_on": "2021-01-01"}
FLAG = {"category": "orphan", "area": "610922", "recognised_on": "2020-02-01"}


def line(**changes: Any) -> bytes:
    """A question of an ordinary adult with changes; ``...`` leaves a field out."""
    asked = {**ASKED, **changes}
    return json.dumps({name: value for name, value in asked.items() if value is not ...}).encode()


def decide(arguments: list[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command as its own process."""
    program = "from worker.cli import main; main()"
    command = [sys.executable, "-c", program, "decide", *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=False)


def test_answers_come_in_order_and_a_bad_line_does_not_stop_the_others(tmp_path: Path) -> None:
    asked = tmp_path / "asked.jsonl"
    asked.write_bytes(b"\n".join([line(case="1"), b"{broken", line(case="3", flags="none"), line(case="4")]) + b"\n")
    done = decide([str(asked)])
    answers = [json.loads(row) for row in done.stdout.splitlines()]
    assert done.returncode == 1
    assert answers[0]["case"] == "1"
    assert answers[1]["error"]["line"] == 2
    assert answers[2]["error"] == {"line": 3, "field": "flags", "message": answers[2]["error"]["message"]}
    assert (answers[3]["case"], answers[3]["due"]) == ("4", 28000)


def test_standard_input_is_read_and_all_well_exits_0() -> None:
    done = decide(["-"], b"\xef\xbb\xbf" + line() + b"\r\n" + line(case="乙") + b"\n\n")
    assert done.returncode == 0
    assert [json.loads(row)["case"] for row in done.stdout.splitlines()] == ["甲", "乙"]


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    done = decide([str(tmp_path / "none.jsonl")])
    assert done.returncode == 1
    assert b"cannot be read" in done.stderr
    assert b"Traceback" not in done.stderr


def test_deciding_imports_neither_database_nor_celery() -> None:
    program = "import sys, worker.cli.decide; print(sorted({'sqlalchemy', 'celery', 'psycopg'} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (b"", None),
        (b"[]", None),
        (b"17", None),
        (b"NaN", None),
        (b'{"question": "assess", "x": NaN}', None),
        (b"\xff\xfe", None),
        (b'{"question": "assess"', None),
        (b'{"case": "\\ud800"}', None),
        (b"[" * 100_000, None),
        (b"{}", "question"),
        (b'{"question": ["assess"]}', "question"),
        (line(question="asses"), "question"),
        (line(notice="shiquan-2022"), "notice"),
        (line(notice=...), "notice"),
        (line(notice="../shiquan-2021"), "notice"),
        (line(pooling_area=...), "pooling_area"),
        (line(pooling_area="6109"), "pooling_area"),
        (line(pooling_area=610922), "pooling_area"),
        (line(pooling_area="６１０９２２"), "pooling_area"),
        (line(as_of="2020-9-1"), "as_of"),
        (line(as_of="2021-02-29"), "as_of"),
        (line(as_of="2020-10-01T00:00:00"), "as_of"),
        (line(as_of=1601510400), "as_of"),
        (line(as_of=None), "as_of"),
        (line(birth_date=...), "birth_date"),
        (line(birth_date="0000-00-00"), "birth_date"),
        (line(paid_on=""), "paid_on"),
        (line(registered_on="1970-04-30"), "registered_on"),
        (line(circumstances=["soldier"]), "circumstances.0"),
        (line(circumstances="demobilised_soldier"), "circumstances"),
        (line(student={"stage": "kindergarten", "school_area": "610922"}), "student.stage"),
        (line(student={"stage": "college"}), "student.school_area"),
        (line(prior_cover={"scheme": "employee", "area": "610922", "months": 3}), "prior_cover.ended_on"),
        (line(prior_cover={**PRIOR, "months": 3.5}), "prior_cover.months"),
        (line(prior_cover={**PRIOR, "months": True}), "prior_cover.months"),
        (line(prior_cover={**PRIOR, "months": 10**400}), None),
        (line(prior_cover={**PRIOR, "months": 10**9}), "prior_cover.months"),
        (line(flags=[{"category": "poor", "area": "610922", "recognised_on": "2020-01-01"}]), "flags.0.category"),
        (line(flags=[{"category": "orphan", "area": "610922"}]), "flags.0.recognised_on"),
        (line(flags=[{**FLAG, "revoked_on": "2020-01-01"}]), "flags.0.revoked_on"),
        (line(flags=[FLAG, {**FLAG, "since": "2020-01-01"}]), "flags.1.since"),
        (line(household="610922"), "household"),
        (line(case=7), "case"),
        (line(local="missing.yaml"), "local"),
        (line(local="a\u0000b"), "local"),
        (line()[:-1] + b', "as_of": "2021-01-01"}', "as_of"),
    ],
)  # fmt: skip
def test_what_is_no_question_is_refused_with_its_field(given: bytes, field: str | None, tmp_path: Path) -> None:
    answer, valid = Desk(tmp_path).answer(given, 5)
    assert not valid
    assert answer["error"]["line"] == 5
    assert answer["error"]["field"] == field
    assert len(answer["error"]["message"]) > 10


def test_an_identity_revoked_on_the_day_it_was_recognised_is_a_valid_fact_that_gives_nothing(tmp_path: Path) -> None:
    flag = {**FLAG, "revoked_on": FLAG["recognised_on"]}
    answer, valid = Desk(tmp_path).answer(line(flags=[flag]), 1)
    assert (valid, answer["due"], answer["sponsor_due"]) == (True, 28000, 0)


def test_a_local_file_is_checked_against_the_notice_and_its_area(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("notice: shiquan-2021\nareas: ['610922']\nlate_payers: standard\n")
    (tmp_path / "foreign.yaml").write_text("notice: shiquan-2021\nareas: ['610921']\n")
    (tmp_path / "unasked.yaml").write_text("notice: shiquan-2021\nareas: ['610922']\nassistance: {orphan: 1}\n")
    desk = Desk(tmp_path)
    answer, valid = desk.answer(line(as_of="2021-02-01", local="good.yaml"), 1)
    assert (valid, answer["due"]) == (True, 28000)
    for name in ("foreign.yaml", "unasked.yaml"):
        answer, valid = desk.answer(line(local=name), 1)
        assert not valid
        assert answer["error"]["field"] == "local"
