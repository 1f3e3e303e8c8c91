"""Who lets a refund go, reviews or orders it at the same moment as somebody else waits, and none ends in a deadlock."""

import threading
import time
from datetime import date

import pytest
from sqlalchemy import text

from tests.adapters.bureau.reading import ACCOUNT, lines_of
from tests.worker.flows.conftest import LI
from tests.worker.flows.refunding import REVIEWER, asked_back, cases, reviewed
from tests.worker.flows.stage import AREA, Stage
from worker.audit.log import Origin
from worker.refunds.locking import lock_cases
from worker.refunds.release import release
from worker.refunds.review import review

SEPTEMBER, OCTOBER, NOVEMBER = date(2020, 9, 20), date(2020, 10, 15), date(2020, 11, 1)
LIS_ACCOUNT = ACCOUNT | {"cert_no": LI["cert_no"], "account_name": "李四", "account_no": "6217001000000000002"}
_WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture
def left(stage: Stage) -> Stage:
    """Zhang and Li have paid and joined the employee scheme; 120 yuan of assistance are granted to Zhang."""
    stage.pay(1, OCTOBER)
    stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    for person in (1, 2):
        asked_back(stage, person, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    return stage


class Disbursing:
    """The tick `disburse` in a thread of its own, on a connection of its own."""

    def __init__(self, stage: Stage) -> None:
        self._thread = threading.Thread(target=stage.tick, args=(NOVEMBER, "disburse"))
        self._stage = stage

    def until_it_waits(self) -> None:
        self._thread.start()
        for _ in range(600):
            if self._stage.desk.one(str(_WAITS)) or not self._thread.is_alive():
                return
            time.sleep(0.1)
        raise AssertionError("it neither waits nor ends")

    def ends(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()


def failed_attempts(stage: Stage) -> int:
    return int(stage.desk.one("SELECT count(*) FROM job_attempt WHERE outcome <> 'done'"))


def test_a_held_refund_is_let_go_while_a_newer_account_takes_it_up(left: Stage) -> None:
    reviewed(left, 2, NOVEMBER)
    left.tick(NOVEMBER, "disburse")
    assert cases(left)[1] == ("joined_employee_scheme", "held")
    left.desk.take(lines_of(LIS_ACCOUNT), day=NOVEMBER)
    before, disbursing = failed_attempts(left), Disbursing(left)
    with left.house.engine.begin() as connection:
        lock_cases(connection, [2])  # as far as `release` has come when the tick begins
        disbursing.until_it_waits()
        released, _ = release(connection, [2], REVIEWER, "账户已更正")
        assert released == {2}
    disbursing.ends()
    assert cases(left)[1] == ("joined_employee_scheme", "ordered")
    assert failed_attempts(left) == before, "nobody was a deadlock's victim"


def test_a_refund_is_approved_while_its_assistance_is_ordered(left: Stage) -> None:
    reviewed(left, 2, NOVEMBER)
    left.desk.take(lines_of(LIS_ACCOUNT), day=NOVEMBER)
    before, disbursing = failed_attempts(left), Disbursing(left)

    house = left.house
    with house.engine.begin() as connection:
        lock_cases(connection, [1, 2])
        disbursing.until_it_waits()
        done = review(connection, house.accounts(AREA), house.law.notice, NOVEMBER, [1], True, REVIEWER, "已核")
        house.audit.record(connection, Origin(f"clerk:{REVIEWER}", AREA, NOVEMBER), done.events, house.clock.now())
        assert done.done == [1]
    disbursing.ends()
    assert failed_attempts(left) == before
    assert left.desk.rows("SELECT state FROM assistance") == [("cancelled",)], "it had not left"
