"""People of a replayed season: a reviewer at the bureau, and residents who repay what is clawed back."""

from __future__ import annotations

import random
from datetime import date, timedelta

from sqlalchemy import text

from worker.assistance.repay import repay
from worker.audit.log import Origin
from worker.dues.reference import due_reference
from worker.house import House
from worker.reconciliation.handling import Desk as Clerk
from worker.reconciliation.handling import allocate_break
from worker.refunds.listing import list_cases
from worker.refunds.review import review

_NAME, _GROUNDS = "复核员（模拟）", "模拟复核"
_OPEN = text(
    "SELECT id, amount - repaid AS left FROM clawback WHERE area = :area AND repaid < amount AND opened_on < :day"
)
_TOO_MUCH = text(
    "SELECT b.break_id, d.due_id, d.insured_year FROM"
    " (SELECT id AS break_id, row_number() OVER (ORDER BY id) AS at FROM break_found"
    "  WHERE area = :area AND kind = 'unidentified' AND state = 'open') AS b"
    " JOIN (SELECT id AS due_id, insured_year, row_number() OVER (ORDER BY id) AS at FROM due"
    "  WHERE area = :area AND state = 'part_paid' AND current AND insurance = 'resident_medical') AS d USING (at)"
)
"""Money of nobody goes to no due of another insurance: there the break waits for a person."""
_LIST = "学校缴费名单更正（模拟）"
_SLOW = timedelta(days=20)
_UNWILLING = 0.2
"""The share of residents who never repay."""


class Desk:
    """What the second person and the residents do in the evening, through the same functions as the commands."""

    def __init__(self, house: House, seed: int) -> None:
        self._house, self._seed = house, seed

    def work(self, today: date) -> None:
        """Review what waits for a review, book what was repaid, and give nobody's money to whom it was paid for."""
        self._review(today)
        self._repaid(today)
        self._handed_in(today)

    def _review(self, today: date) -> None:
        """Approve every case that is decided."""
        house, area = self._house, self._house.law.area
        with house.engine.begin() as connection:
            cases = [row["id"] for row in list_cases(connection, area, ["decided"])]
            if not cases:
                return
            done = review(connection, house.accounts(area), house.law.notice, today, cases, True, _NAME, _GROUNDS)
            house.audit.record(connection, Origin(f"clerk:{_NAME}", area, today), done.events, house.clock.now())

    def _repaid(self, today: date) -> None:
        """Most residents repay some weeks after they were asked to."""
        house, area = self._house, self._house.law.area
        with house.engine.begin() as connection:
            rows = connection.execute(_OPEN, {"area": area, "day": today - _SLOW}).all()
            events = [
                event
                for row in rows
                if random.Random(f"repay-{self._seed}-{row.id}").random() >= _UNWILLING  # noqa: S311 - a season
                for event in repay(connection, house.accounts(area), row.id, row.left, f"ZH-{row.id}", today)
            ]
            house.audit.record(connection, Origin("clerk:season", area, today), events, house.clock.now())

    def _handed_in(self, today: date) -> None:
        """A school's list brought more than its students owe, another one as much too little: the school says so."""
        house, area = self._house, self._house.law.area
        with house.engine.begin() as connection:
            found = connection.execute(_TOO_MUCH, {"area": area}).all()
            if not found:
                return
            who = Origin(f"clerk:{_NAME}", area, today)
            desk = Clerk(connection, house.audit, who, house.clock.now())
            for row in found:
                reference = due_reference(area, row.insured_year, row.due_id)
                allocate_break(desk, house.accounts, row.break_id, reference, _LIST, other_person=True)
