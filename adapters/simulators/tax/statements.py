"""The daily statement as a tax office would issue it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from adapters.simulators.statement_desk import Drawn
from adapters.simulators.tax.book import TaxBook

_HEADER = "tax_date,voucher_no,line,reference,person_no,insurance,period,area,amount,channel,kind"
_LINES = """
SELECT tax_date || ',' || voucher_no || ',' || line || ',' || coalesce(reference, '')
    || ',' || coalesce(person_no, '') || ',' || insurance || ',' || period || ',' || area || ','
    || printf('%d.%02d', amount / 100, amount % 100) || ',' || channel || ',' || kind
FROM payment WHERE tax_date = ? ORDER BY sequence
"""
_TOTALS = """
SELECT count(*), coalesce(sum(amount) FILTER (WHERE kind = 'payment'), 0),
    coalesce(sum(amount) FILTER (WHERE kind <> 'payment'), 0) FROM payment WHERE tax_date = ?
"""
_EXTRA = "900000000000000001,1,never-presented,nobody,390,202101-202112,610922,999.00,app,payment"
MONTHLY_NAMES = ("area", "kind", "count", "fen")
MONTHLY = """
SELECT area, kind, count(*), sum(amount) FROM payment
WHERE tax_date >= ? AND tax_date < ? GROUP BY area, kind ORDER BY area, kind
"""


def drawer(book: TaxBook) -> Callable[[date], Drawn]:
    """Draws the statement of a day from the book."""

    def draw(day: date) -> Drawn:
        text = day.isoformat()
        lines = [row[0] for row in book.connection.execute(_LINES, (text,))]
        count, paid, reversed_ = book.connection.execute(_TOTALS, (text,)).fetchone()
        return Drawn(_HEADER, lines, count, paid, reversed_, f"{text},{_EXTRA}", kind="kind", forward="payment")

    return draw
