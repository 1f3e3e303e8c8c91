"""Two people of Shiquan, assessed and presented to tax: Zhang receives the minimum living allowance, Li nothing."""

from collections.abc import Iterator
from datetime import date

import pytest

from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, FLAG, lines_of
from tests.worker.flows.stage import Stage
from tests.worker.intake.conftest import Desk, desk, environment

__all__ = ["desk", "environment"]

ASSESSED = date(2020, 9, 2)
LI = {"person_no": "6109220000000002", "cert_no": "610922198802030015", "name": "李四", "birth_date": "1988-02-03"}

WANG = {"person_no": "6109220000000003", "cert_no": "610922197904040017", "name": "王五", "birth_date": "1979-04-04"}


@pytest.fixture
def stage(desk: Desk) -> Iterator[Stage]:
    for rows in ([ENROLMENT, ENROLMENT | LI], [FLAG], [ACCOUNT]):
        taken = desk.take(lines_of(*rows))
        assert (taken.outcome, taken.quarantined) == ("taken", 0), taken
    county = Stage(desk)
    county.tick(ASSESSED, "assess")
    assert county.dues() == {1: ("accepted", 28000, 0), 2: ("accepted", 28000, 0)}
    yield county
    county.assert_books_hold()
