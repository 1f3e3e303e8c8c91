"""A case file holds everything on record about one person, says who looked, and shows nobody in clear unasked."""

import io
import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, FLAG, lines_of
from tests.worker.flows.conftest import desk, environment, stage
from tests.worker.flows.refunding import asked_back, reviewed
from tests.worker.flows.stage import Stage
from worker.casefile.page import render_page
from worker.casefile.read import CaseRecord, Reading, open_case
from worker.casefile.workbook import render_workbook
from worker.cli import case, why

__all__ = ["desk", "environment", "stage"]
OCTOBER, NOVEMBER, JANUARY = date(2020, 10, 15), date(2020, 11, 20), date(2021, 1, 20)
ZHANG = ENROLMENT["person_no"]
SECRETS = ("张三", ENROLMENT["cert_no"], ACCOUNT["account_no"])
OTHER_BANK = ACCOUNT | {"account_no": "6217001000000000018"}
BAD_FLAG = FLAG | {"recognised_on": "2019-13-01"}
_ABOUT_ZHANG = {
    "due": "SELECT count(*) FROM due WHERE person_id = 1",
    "payment": "SELECT count(*) FROM payment p JOIN due d ON d.id = p.due_id WHERE d.person_id = 1",
    "assistance": "SELECT count(*) FROM assistance WHERE person_id = 1",
    "disbursement": "SELECT count(*) FROM disbursement",
    "refund_case": "SELECT count(*) FROM refund_case WHERE person_id = 1",
    "refund_item": "SELECT count(*) FROM refund_item",
    "transfer": "SELECT count(*) FROM transfer t JOIN due d ON d.id = t.due_id WHERE d.person_id = 1",
    "quarantined_row": "SELECT count(*) FROM quarantined_row",
    "fund_statement_line": "SELECT count(*) FROM fund_statement_line WHERE person_id = 1",
}
_SECTION = {
    "due": "应缴（各版本）", "payment": "缴费与冲正", "assistance": "资助", "disbursement": "发放与银行退回",
    "refund_case": "退费", "refund_item": "退费明细", "transfer": "账务分录", "quarantined_row": "搁置的行",
    "fund_statement_line": "请款",
}  # fmt: skip


@pytest.fixture
def lived(stage: Stage) -> Stage:
    """Zhang paid twice, assistance came back from the bank and was paid, one payment was given back; a row was bad."""
    stage.desk.take(lines_of(BAD_FLAG), day=OCTOBER)
    stage.pay(1, OCTOBER)
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "disburse")
    stage.result("610922-1", "returned", "account_missing")
    stage.tick(OCTOBER, "pull_results")
    stage.desk.take(lines_of(OTHER_BANK), day=NOVEMBER)
    stage.tick(NOVEMBER, "disburse")
    stage.result("610922-2")
    stage.tick(NOVEMBER, "pull_results", "refunds", "funds")
    reviewed(stage, 1, NOVEMBER)
    stage.tick(JANUARY, "refunds", "disburse", "funds")
    return stage


def read(lived: Stage, reveal: bool = False) -> CaseRecord:
    return open_case(lived.house, ZHANG, Reading("lin", "html", reveal, "抽查" if reveal else None))


def test_every_row_of_the_books_and_every_event_about_them_is_there(lived: Stage) -> None:
    record = read(lived)
    found = {section.zh: len(section.rows) for section in record.sections}
    for table, query in _ABOUT_ZHANG.items():
        count = lived.desk.one(query)
        assert count > 0, table
        assert found[_SECTION[table]] == count, table
    events = lived.desk.rows(
        "SELECT position FROM audit_event WHERE person_id = 1 AND action <> 'case.read' ORDER BY 1"
    )
    assert [row[0] for row in record.steps.rows] == [row[0] for row in events]
    granted = next(row for row in record.steps.rows if "granted" in row[4])
    assert granted[3] == "worker:tick.pull_payments"
    assert (granted[6], "三(三)" in granted[7]) == ("shiquan-2021", True)


def test_that_it_was_read_is_an_event_with_who_how_and_why(lived: Stage) -> None:
    read(lived)
    read(lived, reveal=True)
    told = [(facts["by"], facts["form"], facts["revealed"], facts["reason"]) for facts in lived.desk.facts("case.read")]
    assert told == [("lin", "html", False, None), ("lin", "html", True, "抽查")]
    assert any("read 查阅" in row[4] for row in read(lived).steps.rows)


@pytest.mark.parametrize("reveal", [False, True])
def test_page_and_workbook_show_names_and_numbers_only_in_clear(lived: Stage, reveal: bool) -> None:
    record = read(lived, reveal)
    page = render_page(record)
    book = CalamineWorkbook.from_filelike(io.BytesIO(render_workbook(record)))
    cells = " ".join(
        str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row
    )
    for shown in (page, cells):
        assert [secret in shown for secret in SECRETS] == [reveal] * 3
        assert "120.00" in shown or "120" in shown
        assert "shiquan-2021" in shown
    assert "<script" not in page
    assert "http" not in page


def test_a_name_that_would_be_markup_is_a_name(lived: Stage) -> None:
    named = ENROLMENT | {"name": "<b>张"}
    assert lived.desk.take(lines_of(named), day=JANUARY).quarantined in (0, 1)
    assert "<b>张" not in render_page(read(lived, reveal=True))


def test_the_command_asks_for_a_reason_and_never_overwrites(lived: Stage, tmp_path: Path) -> None:
    asked = CliRunner().invoke(case.command, [ZHANG, "--reveal"])
    assert asked.exit_code == 2
    assert "--reason" in asked.output
    out = tmp_path / "zhang.html"
    assert CliRunner().invoke(case.command, [ZHANG, "--out", str(out)]).exit_code == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert "exists already" in CliRunner().invoke(case.command, [ZHANG, "--out", str(out)]).output
    plain = CliRunner().invoke(case.command, [ZHANG])
    assert plain.exit_code == 0, plain.output
    told = json.loads(CliRunner().invoke(case.command, [ZHANG, "--json"]).output.splitlines()[-1])
    assert told["sections"]["Refunds"][0]["amount_fen"] == 28000
    for secret in SECRETS:
        assert secret not in plain.output + json.dumps(told, ensure_ascii=False) + out.read_text("utf-8")
    assert CliRunner().invoke(case.command, ["nobody"]).exit_code == 1


def test_who_asks_why_is_on_record_too(lived: Stage) -> None:
    shown = CliRunner().invoke(why.command, [ZHANG])
    assert shown.exit_code == 0, shown.output
    assert lived.desk.facts("case.read") == [{"form": "why", "revealed": False}]


def test_an_application_and_its_end_stand_in_the_file(stage: Stage) -> None:
    stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    asked_back(stage, 2, "joined_employee_scheme", NOVEMBER, event_on=date(2020, 9, 20))
    record = open_case(stage.house, "6109220000000002", Reading("lin", "text"))
    (refund,) = next(section for section in record.sections if section.zh == "退费").rows
    assert "六(四)" in refund
