"""The tax system by files: a :class:`adapters.ports.TaxPort` over a drop directory that the office reads and fills."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from adapters.ports import (
    Acknowledgement,
    KeyConflict,
    MonthTotal,
    NotYetAnswered,
    Page,
    Rows,
    Statement,
    Unavailable,
    VoidResult,
)
from adapters.rows import DueState
from adapters.tax.files import answers, tables
from adapters.tax.files.answers import DECLARATIONS, DUES, REFUNDS, STATES, VOIDS, Answers, Kind, gather
from adapters.tax.files.drop import OUT, STATEMENTS, Drop, NotPlain
from adapters.tax.files.payments import next_page
from adapters.tax.files.sheet import write_sheet
from adapters.tax.statement import read_statement

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds of patience."""

    answer: float = 1.0
    """How long a call itself waits for the answer; an office that answers by hand takes hours, so it is short."""
    poll: float = 60.0
    """How soon an unanswered batch is looked at again; the longer it has waited, the later."""
    longest_poll: float = 900.0
    settle: float = 60.0
    """How long nobody may have written to a file without trailer before it counts as cut."""


class TaxFiles:
    """Batches out, results, payments and statements in. Several processes may share the directory."""

    gives_totals = False

    def __init__(self, root: Path, waits: Waits | None = None) -> None:
        self._drop, self._waits = Drop(root), waits or Waits()
        self._drop.sweep()

    def encode_due_batch(self, key: str, area: str, insured_year: int, rows: Rows) -> bytes:
        return _encode(DUES, rows, key, area, str(insured_year))

    def submit_dues(self, key: str, body: bytes) -> list[Acknowledgement]:
        return self._submit(DUES, key, body)

    def ask_due_batch(self, key: str, body: bytes) -> list[Acknowledgement] | None:
        return self._ask(DUES, key, body)

    def encode_void_batch(self, key: str, area: str, rows: Rows) -> bytes:
        return _encode(VOIDS, rows, key, area)

    def void_dues(self, key: str, body: bytes) -> list[VoidResult]:
        return self._submit(VOIDS, key, body)

    def ask_void_batch(self, key: str, body: bytes) -> list[VoidResult] | None:
        return self._ask(VOIDS, key, body)

    def encode_sponsor_declaration(self, key: str, area: str, insured_year: int, sponsor: str, rows: Rows) -> bytes:
        return _encode(DECLARATIONS, rows, key, area, str(insured_year), sponsor)

    def declare_sponsor(self, key: str, body: bytes) -> list[Acknowledgement]:
        return self._submit(DECLARATIONS, key, body)

    def ask_sponsor_declaration(self, key: str, body: bytes) -> list[Acknowledgement] | None:
        return self._ask(DECLARATIONS, key, body)

    def encode_refund_batch(self, key: str, area: str, rows: Rows) -> bytes:
        return _encode(REFUNDS, rows, key, area)

    def submit_refunds(self, key: str, body: bytes) -> list[Acknowledgement]:
        return self._submit(REFUNDS, key, body)

    def ask_refund_batch(self, key: str, body: bytes) -> list[Acknowledgement] | None:
        return self._ask(REFUNDS, key, body)

    def due_states(self, references: Sequence[str]) -> list[DueState]:
        """As :class:`TaxPort`; the answer to an earlier, equal question counts, of whenever the office gave it."""
        key = hashlib.sha256("\n".join(references).encode()).hexdigest()[:32]
        body = _encode(STATES, [{"reference": reference} for reference in references], key)
        try:
            states = self._submit(STATES, key, body)
        except NotYetAnswered as waiting:
            raise Unavailable(str(waiting), waiting.retry_after) from waiting
        with _usable():
            answers.forget(self._drop, STATES, key)
        return states

    def payments(self, cursor: str | None, limit: int) -> Page:
        with _usable():
            return next_page(self._drop, cursor, limit, self._waits.settle, self._waits.poll)

    def statements(self, first: date, last: date) -> dict[date, bytes]:
        files: dict[date, bytes] = {}
        with _usable():
            for at in range((last - first).days + 1):
                day = first + timedelta(days=at)
                found = self._drop.read(STATEMENTS, f"statement-{day.isoformat()}.csv")
                if found is None:
                    break
                files[day] = found[0]
        return files

    def read_statement(self, body: bytes) -> Statement:
        return read_statement(body)

    def monthly(self, month: date) -> list[MonthTotal] | None:
        return None

    def close(self) -> None:
        """Nothing is held open."""

    def _submit(self, kind: Kind[Answer], key: str, body: bytes) -> list[Answer]:
        with _usable():
            age = self._age(kind, key, body)
            if age is None:
                self._drop.write(OUT, kind.file(key), body)
            found = self._within(self._waits.answer, lambda: self._gathered(kind, key, body))
        return self._whole(kind, key, found, age or 0.0)

    def _ask(self, kind: Kind[Answer], key: str, body: bytes) -> list[Answer] | None:
        with _usable():
            age, found = self._age(kind, key, body), self._gathered(kind, key, body)
        if age is None and not found.rows:
            return None
        return self._whole(kind, key, found, age or 0.0)

    def _whole(self, kind: Kind[Answer], key: str, found: Answers[Answer], age: float) -> list[Answer]:
        if (whole := found.whole) is not None:
            return whole
        so_far = f"{len(found.rows)} of {found.sent} rows" if found.rows else "nothing"
        text = f"The tax office has answered {so_far} of {kind.file(key)} yet"
        raise NotYetAnswered(key, text, min(self._waits.longest_poll, max(self._waits.poll, age / 4)))

    def _gathered(self, kind: Kind[Answer], key: str, body: bytes) -> Answers[Answer]:
        return gather(self._drop, kind, key, body, self._waits.settle)

    def _age(self, kind: Kind[Answer], key: str, body: bytes) -> float | None:
        """How long the batch has lain there in seconds; ``None``: it does not. Raises ``KeyConflict``."""
        held = self._drop.read(OUT, kind.file(key))
        if held is not None and held[0] != body:
            raise KeyConflict(key, f"The drop directory holds {kind.file(key)} with another payload than ours")
        return None if held is None else held[1]

    def _within(self, seconds: float, look: Callable[[], Answers[Answer]]) -> Answers[Answer]:
        until, pause = time.monotonic() + seconds, 0.01
        while (found := look()).whole is None and time.monotonic() < until:
            time.sleep(pause)
            pause = min(0.1, pause * 1.5)
        return found


def _encode(kind: Kind[Answer], rows: Rows, key: str, area: str = "", year: str = "", sponsor: str = "") -> bytes:
    lines = [tables.to_cells(kind.sent, row) for row in rows]
    return write_sheet(kind.name, (key, area, year, sponsor), list(kind.sent), lines)


@contextmanager
def _usable() -> Iterator[None]:
    """A directory that cannot be used now, full or gone, is a neighbour that cannot be reached."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"The drop directory cannot be used: {error.strerror or type(error).__name__}") from error
    except NotPlain as error:
        raise Unavailable(f"The drop directory cannot be used: under the name of a file of ours, {error}") from error
