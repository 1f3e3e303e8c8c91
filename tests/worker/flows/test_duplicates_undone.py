"""What was decided about somebody enrolled twice can be undone by two people; until then it is listed."""

import json
from datetime import date

import pytest
from click.testing import CliRunner, Result

from tests.adapters.bureau.reading import ACCOUNT, FLAG, lines_of
from tests.worker.flows.conftest import LI
from tests.worker.flows.refunding import asked_back, cases, reviewed
from tests.worker.flows.stage import Stage
from tests.worker.flows.test_duplicates import OCTOBER, SEPTEMBER, covered, found, ruled
from worker.cli import duplicates, held
from worker.report.case import read_case

__all__ = ["covered"]
NOVEMBER, LATER = date(2020, 11, 1), date(2020, 11, 9)
LIS_ACCOUNT = ACCOUNT | {"cert_no": LI["cert_no"], "account_name": "李四", "account_no": "6217001000000000002"}


def levy(*arguments: str) -> Result:
    return CliRunner().invoke(duplicates.command, [*arguments])


def undone(by: str = "吴", *more: str) -> Result:
    assert levy("undo", "1", "--by", "周", "--reason", "名单有误").exit_code == 0
    return levy("review", "1", "--approve", "--by", by, "--reason", "已核", *more)


@pytest.fixture
def rejected(covered: Stage) -> Stage:
    """Li has paid; ours was terminated, and the second review rejected the refund."""
    covered.pay(2, OCTOBER)
    covered.tick(OCTOBER, "pull_payments")
    ruled("terminate")
    covered.tick(NOVEMBER, "duplicates")
    reviewed(covered, 1, NOVEMBER, approved=False, reason="材料不全")
    covered.tick(NOVEMBER, "refunds", "assess")
    return covered


def test_a_rejected_refund_does_not_open_the_enrolment_and_is_listed(rejected: Stage) -> None:
    closed = rejected.desk.rows("SELECT closed_because, benefit_start FROM enrolment ORDER BY id")[1]
    assert closed == ("joined_employee_scheme", None), "nobody is covered twice"
    (listed,) = CliRunner().invoke(held.command, ["closed", "--json"]).output.splitlines()
    said = json.loads(listed)
    assert (said["case"], said["yuan"], said["because"]) == (
        1, 28000, "rejected by 吴: 材料不全; levy duplicates undo 1",
    )  # fmt: skip
    assert json.loads(levy("list", "--json").output)["refund"] == "1 rejected_by_review"
    asked_back(rejected, 2, "joined_employee_scheme", LATER, event_on=SEPTEMBER)
    assert cases(rejected)[1] == ("joined_employee_scheme", "decided"), "with better papers it may be asked back again"


def test_two_people_open_it_again_and_the_cover_returns(rejected: Stage) -> None:
    assert "周 asked for it, another person reviews that" in str(undone(" 周 ").exception)
    assert json.loads(levy("list", "--review", "--json").output)["review"] == "asked"
    assert undone().output == "Case 1: undone; the next assessment follows.\n"
    rejected.tick(LATER, "duplicates", "assess", "refunds")
    assert found(rejected) == [("other_cover", "resolved", "keep", True)], "found again, it is not terminated again"
    assert rejected.desk.rows("SELECT closed_because, benefit_start FROM enrolment ORDER BY id")[1] == (
        None,
        date(2021, 1, 1),
    )
    assert CliRunner().invoke(held.command, ["closed"]).output.startswith("No enrolment is closed")
    assert "nothing is to be undone" in str(levy("undo", "1", "--by", "周", "--reason", "x").exception)


def test_what_was_not_agreed_to_stays_closed(rejected: Stage) -> None:
    levy("undo", "1", "--by", "周", "--reason", "名单有误")
    assert (
        levy("review", "1", "--reject", "--by", "吴", "--reason", "名单属实").output == "Case 1: it stays as it is.\n"
    )
    assert "nobody has asked for anything" in str(
        levy("review", "1", "--approve", "--by", "吴", "--reason", "x").exception
    )
    assert rejected.desk.rows("SELECT closed_because FROM enrolment ORDER BY id")[1] == ("joined_employee_scheme",)
    assert "keep: rejected; asked for by 周: 名单有误; reviewed by 吴" in levy("show", "1").output


def test_it_is_not_undone_while_a_refund_gives_the_premium_back(covered: Stage) -> None:
    covered.pay(2, OCTOBER)
    covered.tick(OCTOBER, "pull_payments")
    ruled("terminate")
    covered.tick(NOVEMBER, "duplicates")
    told = str(levy("undo", "1", "--by", "周", "--reason", "名单有误").exception)
    assert told.startswith("refund case 1 gives the premium back: reject it first")


def test_who_had_paid_nothing_is_asked_anew(covered: Stage) -> None:
    ruled("terminate")
    covered.tick(OCTOBER, "duplicates", "refunds", "assess")
    assert covered.dues()[2][0] == "void"
    undone()
    covered.tick(NOVEMBER, "assess")
    assert covered.dues()[3] == ("accepted", 28000, 0)


def test_nothing_is_asked_or_paid_out_for_a_cover_that_is_suspended_until_it_runs_again(covered: Stage) -> None:
    ruled("suspend")
    covered.tick(OCTOBER, "duplicates", "refunds", "assess", "assess")
    assert covered.dues()[2][0] == "void"
    assert len(covered.dues()) == 2
    with covered.house.engine.connect() as connection:
        case = read_case(connection, covered.house.vault, "6109220000000002")
    assert case is not None
    assert "suspended 暂停 since 2020-09-20: another cover is drawn on" in case.now[0]
    undone()
    covered.tick(NOVEMBER, "assess")
    assert covered.dues()[3] == ("accepted", 28000, 0)


def test_assistance_of_a_suspended_cover_waits_for_it(covered: Stage) -> None:
    covered.desk.take(lines_of(FLAG | {"cert_no": LI["cert_no"]}), day=OCTOBER)
    covered.desk.take(lines_of(LIS_ACCOUNT), day=OCTOBER)
    covered.pay(2, OCTOBER)
    covered.tick(OCTOBER, "pull_payments")
    ruled("suspend")
    covered.tick(OCTOBER, "duplicates", "disburse", "disburse")
    assert covered.treasury.orders == {}
    assert covered.desk.rows("SELECT state, held_because FROM assistance") == [("held", "cover_suspended")]
    covered.tick(OCTOBER, "refunds", "assess")
    assert covered.dues()[2][0] == "paid", "what was paid stays paid"
    undone()
    covered.tick(NOVEMBER, "assess", "disburse")
    assert [row["amount"] for row in covered.treasury.orders.values()] == [12000]
