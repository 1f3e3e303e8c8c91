"""The daily statement as a tax office would issue it, and the ways in which one may be wrong."""

from __future__ import annotations

from datetime import date, timedelta

from adapters.simulators.faults import Fault, FaultPlan
from adapters.simulators.tax.book import TaxBook

_HEADER = "tax_date,voucher_no,line,reference,person_no,insurance,period,area,amount,channel,kind"
_KINDS = frozenset(
    (
        "late_statement",
        "statement_missing_line",
        "statement_extra_line",
        "statement_altered_line",
        "statement_wrong_total",
        "statement_bad_line",
    )
)
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


class StatementDesk:
    """Issues a statement once its day is over. What was issued stays as it was until it is reissued."""

    def __init__(self, book: TaxBook, faults: FaultPlan) -> None:
        self._book, self._faults = book, faults

    def issue(self, day: date) -> bytes | None:
        """The file of a day; ``None``: not yet issued."""
        if day >= self._book.today:
            return None
        kept = self._book.connection.execute(
            "SELECT body, held_until FROM statement WHERE day = ?", (day.isoformat(),)
        ).fetchone()
        if kept is not None:
            body, held_until = kept
            if held_until is not None:
                return self._file(day, None) if self._book.today.isoformat() >= held_until else None
            return bytes(body)
        fault = self._faults.take("statement", _KINDS)
        return self._file(day, None) if fault is None else self._issue_wrong(day, fault)

    def reissue(self, day: date) -> None:
        """Forget what was issued for a day: the next one is right, unless another fault is ordered."""
        with self._book.transaction() as connection:
            connection.execute("DELETE FROM statement WHERE day = ?", (day.isoformat(),))

    def _issue_wrong(self, day: date, fault: Fault) -> bytes | None:
        late = fault.kind == "late_statement"
        body = None if late else self._file(day, fault.kind)
        held_until = (day + timedelta(days=1 + fault.days)).isoformat() if late else None
        with self._book.transaction() as connection:
            connection.execute("INSERT INTO statement VALUES (?, ?, ?)", (day.isoformat(), body, held_until))
        return body

    def _file(self, day: date, fault: str | None) -> bytes:
        text = day.isoformat()
        lines = [row[0] for row in self._book.connection.execute(_LINES, (text,))]
        count, paid, reversed_ = self._book.connection.execute(_TOTALS, (text,)).fetchone()
        if fault == "statement_missing_line":
            del lines[:1]
        elif fault == "statement_extra_line":
            lines.append(
                f"{text},900000000000000001,1,never-presented,nobody,390,202101-202112,610922,999.00,app,payment"
            )
        elif fault == "statement_altered_line" and lines:
            cells = lines[0].split(",")
            lines[0] = ",".join([*cells[:8], "999.00", *cells[9:]])
        elif fault == "statement_wrong_total":
            paid += 100
        elif fault == "statement_bad_line" and lines:
            lines[0] = lines[0].replace(".", ",", 1)
        total = f"TOTAL,{count},{paid // 100}.{paid % 100:02d},{reversed_ // 100}.{reversed_ % 100:02d}"
        return ("\n".join([_HEADER, *lines, total]) + "\n").encode()
