"""The second person of a replayed season: reviews what waits for a review, as somebody would at the bureau."""

from __future__ import annotations

from datetime import date

from worker.audit.log import Origin
from worker.house import House
from worker.refunds.listing import list_cases
from worker.refunds.review import review

_NAME, _GROUNDS = "复核员（模拟）", "模拟复核"


def review_decided(house: House, today: date) -> None:
    """Approve every case that is decided; the same function as ``levy refund review``."""
    area = house.law.area
    with house.engine.begin() as connection:
        cases = [row["id"] for row in list_cases(connection, area, ["decided"])]
        if not cases:
            return
        accounts = house.accounts(area)
        done = review(connection, accounts, house.law.notice, today, cases, True, _NAME, _GROUNDS)
        house.audit.record(connection, Origin(f"clerk:{_NAME}", area, today), done.events, house.clock.now())
