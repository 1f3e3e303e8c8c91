"""Traces of failures without what the failing code was working on: where and which kind, never what it choked on.

A message of Python's or of a library's may quote a cell, a name, a parameter. So only exceptions of our own, whose
sentences name fields and not people, keep their message; of the database's the code and the names of the table, column
and constraint are kept.
"""

from __future__ import annotations

import re
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_OURS = frozenset(("worker", "adapters", "policies", "config"))
_OBJECTS = ("schema_name", "table_name", "column_name", "constraint_name")
_NUMBERS = re.compile(
    r"(?<![0-9])(?:[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
    r"|62[0-9]{14,17})(?![0-9])"
)
"""What is written like an identity number (GB 11643) or like a bank card (UnionPay's 62...)."""


def add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A processor: the trace of ``exc_info`` as text, under ``exception``."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given if isinstance(given, BaseException) else None
    if given and error is None:
        error = sys.exc_info()[1]
    if error is not None:
        event["exception"] = trace_of(error)
    return event


def drop_arguments(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A processor for other libraries' records: where an exception is told of, its text is no part of the message."""
    record = event["_record"]
    if record.exc_info:
        event["event"] = str(record.msg)
    return event


def without_numbers(line: str) -> str:
    """The line with identity and card numbers masked, wherever they may have come from: the last resort."""
    return _NUMBERS.sub(lambda found: found[0][:4] + "*" * (len(found[0]) - 4), line)


def trace_of(error: BaseException) -> str:
    """Kinds, places and source lines of an exception and of those behind it; no locals, no foreign messages."""
    parts, seen = [], set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = "".join(traceback.StackSummary.extract(traceback.walk_tb(current.__traceback__)).format())
        parts.append(f"{frames}{_named(current)}")
        cause = current.__cause__
        current = cause if cause is not None or current.__suppress_context__ else current.__context__
    return "\nbehind it:\n".join(parts)


def log_what_ends_us(process: str) -> None:
    """Uncaught exceptions of this process and its threads are logged like all others, without their message."""
    log = structlog.get_logger(process)

    def ended(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            return
        log.error("process.failed", exc_info=error)

    def thread_ended(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            log.error("thread.failed", thread=getattr(args.thread, "name", None), exc_info=args.exc_value)

    sys.excepthook, threading.excepthook = ended, thread_ended


def _named(error: BaseException) -> str:
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if kind.__module__.partition(".")[0] in _OURS:
        return f"{name}: {error}"
    if isinstance(error, OSError) and error.strerror:
        return f"{name}: {error.strerror}"
    return " ".join((name, *_of_database(getattr(error, "orig", None) or error)))


def _of_database(error: Any) -> list[str]:
    state, facts = getattr(error, "sqlstate", None), getattr(error, "diag", None)
    named = [f"{name}={value}" for name in _OBJECTS if facts is not None and (value := getattr(facts, name, None))]
    return [f"sqlstate={state}", *named] if state else []
