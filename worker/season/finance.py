"""The finance bureau of a season: it pays statements of claim when it sees them, and one only in part."""

from __future__ import annotations

import random
from datetime import date

from sqlalchemy import text

from policies.money import Fen
from worker.audit.log import Origin
from worker.funds.settle import settle
from worker.house import House

_WAITING = text(
    "SELECT number, claimed - deducted AS net, EXISTS (SELECT FROM fund_statement p WHERE p.area = s.area"
    "  AND p.state = 'partly_settled') AS one_in_part FROM fund_statement s"
    " WHERE area = :area AND state = 'drawn' AND drawn_on < :day ORDER BY id"
)
_SHARES = (30, 80)
"""Per cent of a statement that is paid in part."""


class FinanceBureau:
    """Pays what was drawn before the day; the first statement that asks for money only in part, by the seed."""

    def __init__(self, house: House, seed: int) -> None:
        self._house, self._seed = house, seed

    def pay(self, day: date) -> None:
        """Settle the statements that wait, in one transaction."""
        house, area = self._house, self._house.law.area
        accounts = house.accounts(area)
        with house.engine.begin() as connection:
            events = []
            waiting = connection.execute(_WAITING, {"area": area, "day": day}).all()
            in_part = any(row.one_in_part for row in waiting)
            for row in waiting:
                amount = abs(row.net)
                if row.net > 100 and not in_part:
                    amount, in_part = self._part(row.number, row.net), True
                voucher = f"CZ-{row.number}"
                events += settle(connection, accounts, area, row.number, amount, voucher, day, "finance bureau")
            origin = Origin("season:finance", area, day)
            house.audit.record(connection, origin, events, house.clock.now())

    def _part(self, number: str, net: Fen) -> Fen:
        drawn = random.Random(f"finance-{self._seed}-{number}")  # noqa: S311 - a season, not a secret
        return net * drawn.randint(*_SHARES) // 10_000 * 100
