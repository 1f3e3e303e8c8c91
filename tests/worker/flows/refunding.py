"""What one does about refunds on the stage: apply, review, and look at cases."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.worker.flows.stage import Stage
from worker.audit.log import Origin
from worker.refunds.apply import Application, Applied, apply
from worker.refunds.decide import decide_cases
from worker.refunds.review import Reviewed, review

CLERK, REVIEWER = "周", "吴"


def asked_back(stage: Stage, person: int, reason: str, day: date, **more: Any) -> Applied:
    """The clerk enters an application, and it is decided at once."""
    house = stage.house
    with house.engine.begin() as connection:
        one = Application(person, reason, day, **({"benefits_used": False, "own_fault": False} | more))
        applied = apply(connection, house.law.area, house.law.insured_year, [one], CLERK)
        events = applied.events + decide_cases(connection, house.law.notice, applied.cases)
        house.audit.record(connection, Origin(f"clerk:{CLERK}", house.law.area, day), events, house.clock.now())
    return applied


def reviewed(
    stage: Stage, case: int, day: date, approved: bool = True, by: str = REVIEWER, reason: str = "已核"
) -> Reviewed:
    """Somebody reviews a case."""
    house = stage.house
    with house.engine.begin() as connection:
        outcome = review(
            connection, house.accounts(house.law.area), house.law.notice, day, [case], approved, by, reason
        )
        house.audit.record(connection, Origin(f"clerk:{by}", house.law.area, day), outcome.events, house.clock.now())
    return outcome


def cases(stage: Stage) -> list[tuple[Any, ...]]:
    """Reason and state of each case, in order."""
    return stage.desk.rows("SELECT reason, state FROM refund_case ORDER BY id")
