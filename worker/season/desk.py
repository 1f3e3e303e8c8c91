"""People of a replayed season: a clerk and a reviewer at the bureau, and residents who repay what is clawed back."""

from __future__ import annotations

import random
from datetime import date, timedelta

from sqlalchemy import text

from worker.assistance.reclaim import RECLAIMABLE, ask
from worker.assistance.reclaim import review as agree
from worker.assistance.repay import repay
from worker.audit.log import Origin
from worker.house import House
from worker.jobs.run import Nudge
from worker.refunds.listing import list_cases
from worker.refunds.review import review
from worker.season.breaks import CLERK, BreaksClerk
from worker.season.duplicates import DuplicatesClerk
from worker.season.neighbours import Neighbours

_NAME, _GROUNDS, _DISAGREE = "复核员（模拟）", "模拟复核", "材料与申请不符，请补正后重新申请（模拟）"
_PAPERS = ("joined_employee_scheme", "enrolled_elsewhere")
"""What is asked back with papers of another scheme or place, on a list; money that is owed back anyway needs none."""
_ONE_IN = 4
"""One in so many of those people is refused, the second by number first."""
_OPEN = text(
    "SELECT id, amount - repaid AS left FROM clawback WHERE area = :area AND repaid < amount AND opened_on < :day"
)
_UNPAID = text(
    f"SELECT x.id FROM assistance x JOIN due d ON d.id = x.due_id WHERE x.area = :area AND x.state = 'paid'"
    f" AND {RECLAIMABLE} AND (SELECT max(r.tax_date) FROM payment r WHERE r.due_id = x.due_id"
    "  AND r.remark = 'reversed') < :day ORDER BY x.id"
)
_PATIENCE = timedelta(days=60)
"""How long somebody whose bank took a payment back may take to pay again, before assistance is asked back."""
_UNMADE = "银行退票，逾期未重新缴费（模拟） / the bank took the payment back, and it was not made again"
_SLOW = timedelta(days=20)
_UNWILLING = 0.2
"""The share of residents who never repay."""


class Desk:
    """What the people of the bureau and the residents do, through the same functions as the commands.

    Without ``neighbours`` nobody rings up tax or the treasury; ``nudge`` is told of jobs that are called for.
    """

    def __init__(
        self, house: House, seed: int, neighbours: Neighbours | None = None, nudge: Nudge = lambda _: None
    ) -> None:
        self._house, self._seed = house, seed
        self._breaks, self._duplicates = BreaksClerk(house, neighbours, nudge), DuplicatesClerk(house, seed)

    def ring_up(self, today: date) -> None:
        """In the morning: what tax is asked to do today."""
        self._breaks.ring_up(today)

    def work(self, today: date) -> None:
        """In the evening: look after breaks and duplicates, review what waits for a review, ask back what was paid out
        for nothing, book what was repaid.
        """
        self._breaks.work(today)
        self._duplicates.work(today)
        self._review(today)
        self._reclaim(today)
        self._repaid(today)

    def _review(self, today: date) -> None:
        """Approve what is decided; of those who ask a premium back, some have brought papers that do not agree."""
        house, area = self._house, self._house.law.area
        with house.engine.begin() as connection:
            cases = list_cases(connection, area, ["decided"])
            if not cases:
                return
            listed = [row for row in cases if row["entered_by"].startswith("list:") and row["reason"] in _PAPERS]
            wrong = set(sorted({row["person_no"] for row in listed})[1::_ONE_IN])
            refused = [row["id"] for row in listed if row["person_no"] in wrong]
            approved = [row["id"] for row in cases if row["id"] not in refused]
            law, accounts = house.law.notice, house.accounts(area)
            events = review(connection, accounts, law, today, approved, True, _NAME, _GROUNDS).events
            if refused:
                events += review(connection, accounts, law, today, refused, False, _NAME, _DISAGREE).events
            house.audit.record(connection, Origin(f"clerk:{_NAME}", area, today), events, house.clock.now())

    def _reclaim(self, today: date) -> None:
        """Ask back assistance whose payment a bank has taken back a while ago, and that nobody has made again."""
        house, area = self._house, self._house.law.area
        accounts = house.accounts(area)
        with house.engine.begin() as connection:
            ids = connection.execute(_UNPAID, {"area": area, "day": today - _PATIENCE}).scalars().all()
            asked = [event for at in ids for event in ask(connection, area, at, CLERK, _UNMADE, today)]
            house.audit.record(connection, Origin(f"clerk:{CLERK}", area, today), asked, house.clock.now())
            agreed = [
                event for at in ids for event in agree(connection, accounts, area, at, True, _NAME, _GROUNDS, today)
            ]
            house.audit.record(connection, Origin(f"clerk:{_NAME}", area, today), agreed, house.clock.now())

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
