"""Every point at which work can be struck: each statement, each commit, each call of a neighbour; they are counted.

``crash``: the process is gone at that instant. ``database``: the backend is ended, or a commit's reply is lost.
``neighbour``: nothing was applied, or it was and the reply is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from adapters.ports import KeyConflict, OutcomeUnknown, Unavailable
from worker.house import House

KINDS = ("crash", "database", "neighbour")
_WRITES = {
    "submit_dues": "ask_due_batch",
    "void_dues": "ask_void_batch",
    "declare_sponsor": "ask_sponsor_declaration",
    "submit_refunds": "ask_refund_batch",
    "submit_orders": "ask_orders",
}
_ASKS = frozenset(_WRITES.values())
_READS = frozenset(("payments", "results", "statements", "monthly", "due_states", "order_states"))


class Crash(BaseException):
    """The process is no more: nobody catches this."""


@dataclass
class Points:
    """Counts the points of one kind that are passed, and strikes at number ``at`` (from 1; None: never)."""

    kind: str
    at: int | None = None
    passed: list[tuple[str, str]] = field(default_factory=list)
    """Kind and name of each; every point is one for a crash as well."""

    def reach(self, kind: str, name: str, strike: Callable[[], None]) -> None:
        """A point where a fault of this kind, or a crash, could strike."""
        if self.kind not in (kind, "crash"):
            return
        self.passed.append((kind, name))
        if len(self.passed) == self.at:
            if self.kind == "crash":
                raise Crash(name)
            strike()


class Office:
    """A neighbour whose side of the wire keeps each reply by key, as its contract demands, in ``book``."""

    def __init__(self, scripted: Any, book: dict[str, tuple[bytes, Any]], points: Points) -> None:
        self._scripted, self._book, self._points = scripted, book, points

    def __getattr__(self, name: str) -> Any:
        if name in _WRITES:
            return partial(self._write, name)
        if name in _ASKS:
            return partial(self._ask, name)
        return partial(self._read, name) if name in _READS else getattr(self._scripted, name)

    def _write(self, name: str, key: str, body: bytes) -> Any:
        self._points.reach("neighbour", f"before {name}", _unavailable)
        held, reply = self._book.get(key) or (body, None)
        if held != body:
            raise KeyConflict(key, "held with another payload")
        if reply is None:
            reply = getattr(self._scripted, name)(key, body)
            self._book[key] = (body, reply)
        self._points.reach("neighbour", f"after {name}", partial(_lost, key))
        return reply

    def _ask(self, name: str, key: str, body: bytes) -> Any:
        self._points.reach("neighbour", f"before {name}", _unavailable)
        held = self._book.get(key)
        return None if held is None else held[1]

    def _read(self, name: str, *args: Any) -> Any:
        self._points.reach("neighbour", f"before {name}", _unavailable)
        return getattr(self._scripted, name)(*args)


def instrument(house: House, points: Points, end_backend: Callable[[int], None]) -> None:
    """Let the house's statements and commits pass the points."""
    engine: Engine = house.engine

    def statement(_c: Any, cursor: Any, text: str, *_: Any) -> None:
        points.reach("database", f"at {text[:60]}", lambda: end_backend(cursor.connection.info.backend_pid))

    commit = engine.dialect.do_commit

    def committed(connection: Any) -> None:
        points.reach("", "before commit", _lose_reply)
        commit(connection)
        points.reach("database", "after commit", _lose_reply)

    event.listen(engine, "before_cursor_execute", statement)
    engine.dialect.do_commit = committed  # type: ignore[method-assign]


def _unavailable() -> None:
    raise Unavailable("out of order for a moment")


def _lost(key: str) -> None:
    raise OutcomeUnknown(key, "no reply came")


def _lose_reply() -> None:
    raise psycopg.OperationalError("the connection is gone")
