"""The desk that issues daily statements, and the ways in which one may be wrong; both simulators have one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

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
    )
)
FULL_REPLY = 4 * 1024 * 1024
"""Bytes of statements after which a reply takes no further day."""
WriteFile = Callable[[date, str | None], bytes]
"""Writes the file of a day; the second argument is the fault that it should have."""


class StatementDesk:
    """Issues a statement once its day is over. What was issued stays as it was until it is reissued."""

    def __init__(self, book: Book, faults: FaultPlan, write: WriteFile) -> None:
        self._book, self._faults, self._write = book, faults, write

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
                return self._write(day, None) if self._book.today.isoformat() >= held_until else None
            return bytes(body)
        fault = self._faults.take("statement", _KINDS)
        return self._write(day, None) if fault is None else self._issue_wrong(day, fault)

    def reissue(self, day: date) -> None:
        """Forget what was issued for a day: the next one is right, unless another fault is ordered."""
        with self._book.transaction() as connection:
            connection.execute("DELETE FROM statement WHERE day = ?", (day.isoformat(),))

    def _issue_wrong(self, day: date, fault: Fault) -> bytes | None:
        late = fault.kind == "late_statement"
        body = None if late else self._write(day, fault.kind)
        held_until = (day + timedelta(days=1 + fault.days)).isoformat() if late else None
        with self._book.transaction() as connection:
            connection.execute("INSERT INTO statement VALUES (?, ?, ?)", (day.isoformat(), body, held_until))
        return body


def spoil(lines: list[str], fault: str | None, extra: str, amount_column: int) -> None:
    """Make the lines wrong in the ordered way; ``extra`` is the line that nobody else knows of."""
    if fault == "statement_missing_line":
        del lines[:1]
    elif fault == "statement_extra_line":
        lines.append(extra)
    elif fault == "statement_altered_line" and lines:
        cells = lines[0].split(",")
        lines[0] = ",".join([*cells[:amount_column], "999.00", *cells[amount_column + 1 :]])
    elif fault == "statement_bad_line" and lines:
        lines[0] = lines[0].replace(".", ",", 1)


def file_of(header: str, lines: Sequence[str], count: int, forth: int, back: int) -> bytes:
    """The bytes of a statement with its trailer: how many lines, and two sums in fen."""
    total = f"TOTAL,{count},{forth // 100}.{forth % 100:02d},{back // 100}.{back % 100:02d}"
    return ("\n".join([header, *lines, total]) + "\n").encode()


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
