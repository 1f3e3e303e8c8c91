"""The desk that issues daily statements, and the ways in which one may be wrong; both simulators have one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson
from starlette.requests import Request
from starlette.routing import Route

from adapters.ports import MOST_DAYS
from adapters.simulators.book import Book
from adapters.simulators.control import day_of, json_of, lever
from adapters.simulators.faults import Fault, FaultPlan
from adapters.simulators.wire import Problem, Wire

_KINDS = frozenset(
    (
        "late_statement",
        "statement_missing_line",
        "statement_extra_line",
        "statement_altered_line",
        "statement_wrong_total",
        "statement_bad_line",
        "statement_late_line",
    )
)
_ABOUT_A_LINE = frozenset(f"statement_{what}_line" for what in ("missing", "altered", "bad", "late"))
"""These wait for a day that has lines."""
FULL_REPLY = 4 * 1024 * 1024
"""Bytes of statements after which a reply takes no further day."""


@dataclass
class Drawn:
    """A statement as the book has it: its lines, how many they are, and what they come to forth and back, in fen.

    ``extra`` is a line that nobody else knows of; the cell ``kind`` of a line that counts forth is ``forward``.
    """

    header: str
    lines: list[str]
    count: int
    forth: int
    back: int
    extra: str
    kind: str
    forward: str

    @property
    def file(self) -> bytes:
        """The bytes, with the trailer: how many lines, and two sums."""
        sums = (f"{fen // 100}.{fen % 100:02d}" for fen in (self.forth, self.back))
        return ("\n".join([self.header, *self.lines, ",".join(["TOTAL", str(self.count), *sums])]) + "\n").encode()

    def place(self, column: str) -> int:
        """The place of a column in each line."""
        return self.header.split(",").index(column)

    def add_up(self) -> None:
        """Make the trailer that of the lines as they are now."""
        cells = [line.split(",") for line in self.lines]
        fen = [(row[self.place(self.kind)], int(row[self.place("amount")].replace(".", ""))) for row in cells]
        self.count, self.forth = len(fen), sum(amount for kind, amount in fen if kind == self.forward)
        self.back = sum(amount for kind, amount in fen if kind != self.forward)


Draw = Callable[[date], Drawn]
"""Draws the statement of a day from the book."""


class StatementDesk:
    """Issues a statement once its day is over. What was issued stays as it was until it is reissued."""

    def __init__(self, book: Book, faults: FaultPlan, draw: Draw) -> None:
        self._book, self._faults, self._draw = book, faults, draw

    def issue(self, day: date) -> bytes | None:
        """The file of a day; ``None``: not yet issued."""
        if day >= self._book.today:
            return None
        kept = self._kept("body, held_until", day)
        if kept is not None:
            body, held_until = kept
            if held_until is not None:
                return self._right(day).file if self._book.today.isoformat() >= held_until else None
            return bytes(body)
        fault = self._faults.take("statement", _KINDS)
        return self._right(day).file if fault is None else self._issue_wrong(day, fault)

    def reissue(self, day: date) -> None:
        """Forget what was issued for a day: the next one is right, unless another fault is ordered."""
        with self._book.transaction() as connection:
            connection.execute("DELETE FROM statement WHERE day = ?", (day.isoformat(),))

    def _kept(self, columns: str, day: date) -> Any:
        """What is kept of a statement that was issued wrong or late, if it was."""
        ask = f"SELECT {columns} FROM statement WHERE day = ?"
        return self._book.connection.execute(ask, (day.isoformat(),)).fetchone()

    def _right(self, day: date) -> Drawn:
        """The statement of a day, with the line that the one before has left out."""
        drawn = self._draw(day)
        before = self._kept("left_out", day - timedelta(days=1)) if day > date.min else None
        if before is not None and before[0] is not None:
            drawn.lines.append(before[0])
            drawn.add_up()
        return drawn

    def _issue_wrong(self, day: date, fault: Fault) -> bytes | None:
        late, drawn = fault.kind == "late_statement", self._right(day)
        if fault.kind in _ABOUT_A_LINE and not drawn.lines:
            fault.count = None if fault.count is None else fault.count + 1
            return drawn.file
        left_out = drawn.lines[0] if fault.kind == "statement_late_line" else None
        _spoil(drawn, fault.kind)
        if fault.adds_up:
            drawn.add_up()
        held_until = (day + timedelta(days=1 + fault.days)).isoformat() if late else None
        body = None if late else drawn.file
        with self._book.transaction() as connection:
            values = (day.isoformat(), body, held_until, left_out)
            connection.execute("INSERT INTO statement VALUES (?, ?, ?, ?)", values)
        return body


def _spoil(drawn: Drawn, kind: str) -> None:
    """Make a statement wrong in the ordered way; its trailer stays as it was."""
    lines = drawn.lines
    if kind in ("statement_missing_line", "statement_late_line"):
        del lines[:1]
    elif kind == "statement_extra_line":
        lines.append(drawn.extra)
    elif kind == "statement_altered_line" and lines:
        cells = lines[0].split(",")
        cells[drawn.place("amount")] = "999.00"
        lines[0] = ",".join(cells)
    elif kind == "statement_bad_line" and lines:
        lines[0] = lines[0].replace(".", ",", 1)
    elif kind == "statement_wrong_total":
        drawn.forth += 100


def statements_route(wire: Wire, desk: StatementDesk) -> Route:
    """The statements of some days as the wire has them: those that are issued, up to a gap or a full reply."""

    def statements(request: Request, _body: bytes) -> bytes:
        day, last = (day_of(request.query_params.get(name, "")) for name in ("from", "to"))
        if not 0 <= (last - day).days < MOST_DAYS:
            raise Problem(422, "bad_days", f"from {day} to {last}: 1 to {MOST_DAYS} days, please.")
        files: list[dict[str, str]] = []
        size = 0
        while day <= last and size < FULL_REPLY and (issued := desk.issue(day)) is not None:
            files.append({"day": day.isoformat(), "file": issued.decode()})
            size, day = size + len(issued), day + timedelta(days=1)
        return wire.encoded({"statements": files}, "Statements")

    return Route("/v1/statements", wire.endpoint("statements", statements))


def reissue_lever(wire: Wire, desk: StatementDesk, then: Callable[[date], None] = lambda _: None) -> Route:
    """The lever that issues a statement anew; ``then`` is told of which day."""

    def reissue(_request: Request, body: bytes) -> bytes:
        desk.reissue(day := day_of(str(json_of(body).get("day", ""))))
        then(day)
        return orjson.dumps({})

    return lever(wire, "/simulator/reissue", reissue)
