"""Lists of refunds, such as the deaths of a month: a case for each who has paid, and every other row says why not."""

from datetime import date

from tests.adapters.bureau.reading import ENROLMENT, REFUND, lines_of
from tests.worker.flows.conftest import LI
from tests.worker.flows.refunding import cases
from tests.worker.flows.stage import Stage

OCTOBER, NOVEMBER, DECEMBER = date(2020, 10, 15), date(2020, 11, 1), date(2020, 12, 1)
LI_LEFT = REFUND | {"cert_no": LI["cert_no"], "reason": "参加职工医保", "event_on": "2020-09-20"}


def test_a_list_opens_cases_and_quarantines_what_cannot_be_one(stage: Stage) -> None:
    stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    rows = [
        LI_LEFT,
        REFUND | {"reason": "服刑", "event_on": "2020-10-01"},
        LI_LEFT | {"cert_no": "610922197904040017"},
        LI_LEFT | {"cert_no": "610922197904040018"},
        LI_LEFT | {"cert_no": "610922199003070077", "reason": "不想参保"},
    ]
    taken = stage.desk.take(lines_of(*rows), "refunds.csv", NOVEMBER)
    assert (taken.kind, taken.added, taken.quarantined) == ("refunds", 1, 4)
    assert {(row.line, problem.code) for row in stage.desk.held() for problem in row.problems} >= {
        (3, "nothing_paid"),
        (4, "not_enrolled"),
        (5, "cert_checksum"),
        (6, "unknown_value"),
    }
    stage.tick(NOVEMBER, "refunds")
    assert cases(stage) == [("joined_employee_scheme", "decided")]


def test_a_list_that_comes_every_month_opens_each_case_once(stage: Stage) -> None:
    stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    dead = [REFUND, REFUND | {"cert_no": LI["cert_no"], "event_on": "2020-10-20"}]
    first = stage.desk.take(lines_of(*dead), "october.csv", NOVEMBER)
    assert (first.added, first.quarantined) == (2, 0), "Zhang has paid nothing, and is asked for nothing any more"
    stage.tick(NOVEMBER, "refunds")
    again = stage.desk.take(lines_of(*dead) + "\n", "november.csv", DECEMBER)
    assert (again.added, again.unchanged, again.quarantined) == (0, 2, 0)
    stage.tick(DECEMBER, "refunds", "assess")
    assert cases(stage) == [("death", "refused")]
    assert stage.dues() == {1: ("void", 28000, 0), 2: ("paid", 28000, 28000)}
    assert stage.desk.take(lines_of(ENROLMENT), day=DECEMBER).quarantined == 0
