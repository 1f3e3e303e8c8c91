"""A sheet of reviews: case, decision and reason in each row. Rows that are wrong get a sentence, the others go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, text

from adapters.bureau.delimited import DelimitedText
from worker.audit.log import Event, Origin
from worker.database.arrays import array
from worker.house import House
from worker.ledger.chart import Accounts
from worker.refunds.review import review
from worker.second_person import same_person

_COLUMNS = {
    "case": "case",
    "案件": "case",
    "decision": "decision",
    "结论": "decision",
    "reason": "reason",
    "理由": "reason",
}
LONGEST_REASON = 1000
_OUT_OF_SHAPE = (
    "it has more cells than the first line, or a quotation mark without its partner: put the reason in quotes"
)
_DECISIONS = {"approve": True, "通过": True, "reject": False, "退回": False}
HEADER = "case,decision,reason (案件,结论,理由)"
_REVIEWED = text(
    "SELECT id, state = 'rejected_by_review' AS rejected, reviewed_by, review_reason FROM refund_case"
    " WHERE id = ANY(CAST(:ids AS bigint[])) AND reviewed_by IS NOT NULL"
)


class SheetRefused(Exception):
    """The file is no sheet of reviews; the sentence says what its first line must be."""


class CameOtherwise(Exception):
    """A sheet comes to something else than was shown, so nothing was done; ``reviewed``: what it comes to now."""

    def __init__(self, reviewed: SheetReviewed) -> None:
        super().__init__("the sheet comes to something else than was shown")
        self.reviewed = reviewed


class Verdict(NamedTuple):
    """One row: the line it stands in, and what the reviewer says of a case and why."""

    line: int
    case_id: int
    approved: bool
    reason: str


class SheetReviewed(NamedTuple):
    """How many cases were approved, rejected, or had been reviewed just so before; events; by line what is wrong."""

    approved: int
    rejected: int
    unchanged: int
    events: list[Event]
    faults: dict[int, str]

    @property
    def figures(self) -> tuple[object, ...]:
        """What it comes to, to be compared with what was shown."""
        return self.approved, self.rejected, self.unchanged, sorted(self.faults.items())

    def cases(self, action: str) -> list[int]:
        """The cases of the events of this action, such as ``refund.approved``."""
        return [int(event.facts["case"]) for event in self.events if event.action == action]


def read_sheet(content: bytes, listed: str = "levy refund list") -> tuple[list[Verdict], dict[int, str]]:
    """The rows of a delimited file, and by line what is wrong with the others; ``listed``: what lists the cases.

    Raises ``SheetRefused``, and ``adapters.bureau.problems.FileRefused`` for what is no text.
    """
    table = DelimitedText(content)
    head = [_COLUMNS.get(cell.strip().lower(), "") for cell in (table.head(1) or [[]])[0]]
    if sorted(filter(None, head)) != ["case", "decision", "reason"]:
        raise SheetRefused(f"this is no sheet of reviews: its first line must name the columns {HEADER}")
    verdicts: dict[int, Verdict] = {}
    faults: dict[int, str] = {}
    for chunk in table.chunks(1, 5000):
        for at, (line, cells) in enumerate(zip(chunk.lines, chunk.rows, strict=True)):
            row = dict(zip(head, (cell.strip() for cell in cells), strict=False))
            out_of_shape = at in chunk.unquoted or any(map(str.strip, cells[len(head) :]))
            fault = _OUT_OF_SHAPE if out_of_shape else _fault(row, verdicts, listed)
            if fault is not None:
                faults[line] = fault
            else:
                number = int(row["case"])
                verdicts[number] = Verdict(line, number, _DECISIONS[row["decision"].lower()], row["reason"])
    return list(verdicts.values()), faults


def _fault(row: Mapping[str, str], before: Mapping[int, Verdict], listed: str) -> str | None:
    number = row.get("case", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return f"the case is no number: take it from `{listed}`"
    if row.get("decision", "").lower() not in _DECISIONS:
        return f"case {number}: the decision must be one of {', '.join(_DECISIONS)}"
    if not row.get("reason"):
        return f"case {number}: a review needs its reason"
    if len(row["reason"]) > LONGEST_REASON or not row["reason"].isprintable():
        return f"case {number}: the reason may have {LONGEST_REASON} characters, and none that are not seen"
    if earlier := before.get(int(number)):
        return f"case {number} stands in line {earlier.line} already, which counts: leave one of both"
    return None


def review_sheet(
    connection: Connection, accounts: Accounts, notice: str, today: date, verdicts: Sequence[Verdict], by: str
) -> SheetReviewed:
    """Review every case of the sheet; what ``by`` has reviewed just so before stays as it is."""
    known = {row.id: row for row in connection.execute(_REVIEWED, {"ids": array(one.case_id for one in verdicts)})}

    def done(one: Verdict) -> bool:
        row = known.get(one.case_id)
        said = row is not None and (row.rejected, row.review_reason) == (not one.approved, one.reason)
        return said and same_person(row.reviewed_by, by)  # type: ignore[union-attr]

    events: list[Event] = []
    faults: dict[int, str] = {}
    counts = {True: 0, False: 0}
    lines = {one.case_id: one.line for one in verdicts}
    for approved in (True, False):
        reasons = {one.case_id: one.reason for one in verdicts if one.approved == approved and not done(one)}
        if reasons:
            outcome = review(connection, accounts, notice, today, list(reasons), approved, by, reasons)
            counts[approved] = len(outcome.done)
            events += outcome.events
            faults |= {lines[case]: sentence for case, sentence in outcome.refused.items()}
    return SheetReviewed(counts[True], counts[False], sum(map(done, verdicts)), events, faults)


def look_at_sheet(house: House, verdicts: Sequence[Verdict], by: str) -> SheetReviewed:
    """What reviewing it today would come to; nothing of it stays."""
    with house.engine.connect() as connection:
        return _reviewed(connection, house, verdicts, by)


def review_sheet_now(
    house: House, verdicts: Sequence[Verdict], by: str, shown: SheetReviewed | None = None
) -> SheetReviewed:
    """Review it today, in a transaction of its own, with what was done in the audit log.

    Raises ``CameOtherwise`` where it does not come to what was ``shown``.
    """
    with house.engine.begin() as connection:
        done = _reviewed(connection, house, verdicts, by)
        if shown is not None and done.figures != shown.figures:
            raise CameOtherwise(done)
        origin = Origin(f"clerk:{by}", house.law.area, house.clock.today())
        house.audit.record(connection, origin, done.events, house.clock.now())
    return done


def _reviewed(connection: Connection, house: House, verdicts: Sequence[Verdict], by: str) -> SheetReviewed:
    law = house.law
    return review_sheet(connection, house.accounts(law.area), law.notice, house.clock.today(), verdicts, by)
