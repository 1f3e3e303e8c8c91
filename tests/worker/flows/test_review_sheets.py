"""A second person reviews by a file: each row goes on or gets its sentence, and the same file again changes nothing."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.worker.flows.refunding import CLERK, REVIEWER, asked_back, cases
from tests.worker.flows.stage import Stage
from worker.cli import refund

SEPTEMBER, OCTOBER, NOVEMBER = date(2020, 9, 20), date(2020, 10, 15), date(2020, 11, 1)


@pytest.fixture
def asked(stage: Stage) -> Stage:
    """Both have paid, Li twice; all three payments are asked back."""
    for due in (1, 2, 2):
        stage.pay(due, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    for person in (1, 2):
        asked_back(stage, person, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    return stage


def review(path: Path, content: str | bytes, by: str = REVIEWER) -> Result:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return CliRunner().invoke(refund.command, ["review", "--file", str(path), "--by", by])


def test_rows_go_on_or_get_their_sentence_and_the_same_file_again_changes_nothing(asked: Stage, tmp_path: Path) -> None:
    sheet = (
        "case,decision,reason\n1,approve,paid twice\n2,reject,papers missing\n,approve,x\n3,maybe,x\n3,approve,\n"
        "9,approve,x\n1,reject,x\n3,APPROVE,checked\n"
    )
    told = review(tmp_path / "reviews.csv", sheet)
    assert (told.exit_code, told.stdout) == (1, "2 approved, 1 rejected, of 8 rows.\n")
    assert told.stderr.splitlines() == [
        "line 4: the case is no number: take it from `levy refund list`",
        "line 5: case 3: the decision must be one of approve, 通过, reject, 退回",
        "line 6: case 3: a review needs its reason",
        "line 7: there is no case 9",
        "line 8: case 1 stands in line 2 already, which counts: leave one of both",
    ]
    assert [state for _, state in cases(asked)] == ["approved", "rejected_by_review", "approved"]
    reasons = "SELECT review_reason FROM refund_case ORDER BY id"
    assert asked.desk.rows(reasons) == [("paid twice",), ("papers missing",), ("checked",)]
    before = asked.desk.one("SELECT count(*) FROM audit_event")
    again = review(tmp_path / "reviews.csv", sheet)
    assert again.stdout == "0 approved, 0 rejected, 3 reviewed so before, of 8 rows.\n"
    assert asked.desk.one("SELECT count(*) FROM audit_event") == before


def test_a_sheet_as_a_spreadsheet_saves_it_is_read_and_nobody_reviews_their_own(asked: Stage, tmp_path: Path) -> None:
    sheet = "案件,结论,理由\n2,通过,已核\n3,退回,材料不全\n".encode("gb18030")
    own = review(tmp_path / "sheet.csv", sheet, by=CLERK)
    assert own.stderr.count(f"was entered by {CLERK}: another person reviews it") == 2
    assert review(tmp_path / "sheet.csv", sheet).output == "1 approved, 1 rejected, of 2 rows.\n"
    other = review(tmp_path / "other.csv", "case,decision,reason\n2,reject,otherwise\n")
    assert other.stderr == "line 2: case 2 is approved: nothing of it waits for a review\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("number,verdict\n1,approve\n", "its first line must name the columns case,decision,reason"),
        ("", "its first line must name the columns"),
        (b"%PDF-1.4", "ask for the list as a spreadsheet"),
    ],
)
def test_what_is_no_sheet_of_reviews_is_refused(
    asked: Stage, tmp_path: Path, content: str | bytes, sentence: str
) -> None:
    told = review(tmp_path / "x.csv", content)
    assert told.exit_code == 1
    assert sentence in told.output
    assert {state for _, state in cases(asked)} == {"decided"}
