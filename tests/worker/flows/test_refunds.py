"""Refunds: asked for, decided by the notice, approved by a second person, paid back once; then the cover ends."""

from datetime import date

import pytest

from tests.adapters.bureau.reading import ACCOUNT, lines_of
from tests.worker.flows.conftest import LI
from tests.worker.flows.refunding import asked_back, cases, reviewed
from tests.worker.flows.stage import Stage

SEPTEMBER, OCTOBER, NOVEMBER = date(2020, 9, 20), date(2020, 10, 15), date(2020, 11, 1)
LIS_ACCOUNT = ACCOUNT | {"cert_no": LI["cert_no"], "account_name": "李四", "account_no": "6217001000000000002"}


@pytest.fixture
def paid(stage: Stage) -> Stage:
    """Zhang and Li have paid; Li was in the employee scheme since September."""
    stage.pay(1, OCTOBER)
    stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    return stage


def test_a_premium_is_given_back_by_the_treasury_and_the_cover_ends(paid: Stage) -> None:
    paid.desk.take(lines_of(LIS_ACCOUNT), day=OCTOBER)
    asked_back(paid, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    assert cases(paid) == [("joined_employee_scheme", "decided")]
    assert paid.desk.one("SELECT decision->'clauses' FROM refund_case") == ["六(四)"]
    assert reviewed(paid, 1, NOVEMBER).refused == {}
    paid.tick(NOVEMBER, "disburse")
    assert cases(paid) == [("joined_employee_scheme", "ordered")]
    (order,) = (one for one in paid.treasury.orders.values() if one["fund"] == "premium")
    assert (order["amount"], order["payee_name"]) == (28000, "李四")
    assert paid.dues()[2] == ("paid", 28000, 28000), "not given back before the bank has paid it"
    paid.result(order["reference"])
    paid.tick(NOVEMBER, "pull_results")
    assert cases(paid) == [("joined_employee_scheme", "refunded")]
    assert paid.dues()[2] == ("refunded", 28000, 28000)
    covers = paid.desk.rows("SELECT benefit_start, benefit_end, closed_because FROM enrolment ORDER BY id")
    assert covers[1] == (None, None, "joined_employee_scheme"), "employee cover came before ours began"
    assert covers[0][0] == date(2021, 1, 1), "nobody else loses anything"
    paid.desk.rows("UPDATE enrolment SET stale = true RETURNING id")
    paid.tick(date(2021, 7, 1), "assess")
    assert len(paid.dues()) == 2, "nothing is asked of them any more"
