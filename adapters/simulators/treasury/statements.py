"""The treasury's daily statement of executed orders, and what its month comes to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from adapters.simulators.statement_desk import Drawn
from adapters.simulators.treasury.book import TreasuryBook

_HEADER = "executed_on,reference,order_no,area,fund,amount,outcome,code"
_LINES = """
SELECT executed_on || ',' || result.reference || ',' || result.order_no || ',' || area || ',' || fund || ','
    || printf('%d.%02d', result.amount / 100, result.amount % 100) || ',' || outcome || ',' || coalesce(code, '')
FROM result JOIN payment_order ON payment_order.id = result.payment_order WHERE executed_on = ? ORDER BY sequence
"""
_TOTALS = """
SELECT count(*), coalesce(sum(amount) FILTER (WHERE outcome = 'paid'), 0),
    coalesce(sum(amount) FILTER (WHERE outcome = 'returned'), 0) FROM result WHERE executed_on = ?
"""
_EXTRA = "610922-900000000000000001,G900000000001,610922,medical_assistance,999.00,paid,"
MONTHLY_NAMES = ("area", "outcome", "fund", "count", "fen")
MONTHLY = """
SELECT area, outcome, fund, count(*), sum(result.amount) FROM result
JOIN payment_order ON payment_order.id = result.payment_order
WHERE executed_on >= ? AND executed_on < ? GROUP BY area, outcome, fund ORDER BY area, outcome, fund
"""


def drawer(book: TreasuryBook) -> Callable[[date], Drawn]:
    """Draws the statement of a day from the book."""

    def draw(day: date) -> Drawn:
        text = day.isoformat()
        lines = [row[0] for row in book.connection.execute(_LINES, (text,))]
        count, paid, returned = book.connection.execute(_TOTALS, (text,)).fetchone()
        return Drawn(_HEADER, lines, count, paid, returned, f"{text},{_EXTRA}", kind="outcome", forward="paid")

    return draw
