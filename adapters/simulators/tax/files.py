"""The simulated tax office as one without an API: it reads batches from a drop directory and answers there in files."""

from __future__ import annotations

import asyncio
import hashlib
import sys
import traceback
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from adapters.simulators.faults import FaultPlan
from adapters.simulators.statement_desk import StatementDesk
from adapters.simulators.tax.book import TaxBook
from adapters.simulators.tax.outbox import Outbox
from adapters.simulators.tax.refunds import RefundDesk
from adapters.simulators.tax.results import RESULT_FAULTS, put_down, refusal, result, wrong_total
from adapters.simulators.tax.till import Till
from adapters.simulators.tax.vouchers import lines_between
from adapters.simulators.wire import Effect, Problem, Wire
from adapters.tax.files import tables
from adapters.tax.files.answers import ABOUT_BATCH, DECLARATIONS, DUES, REFUNDS, STATES, VOIDS, Kind
from adapters.tax.files.drop import OUT, PAYMENTS, RESULTS, STATEMENTS, Drop, NotPlain
from adapters.tax.files.payments import payment_file
from adapters.tax.files.sheet import BadFile, read_sheet, write_sheet

_PAUSE = 0.02
_PAYMENT_FAULTS = frozenset(("payments_late", "payments_wrong_total"))
_SCHEMA = """
CREATE TABLE IF NOT EXISTS payment_file (number INTEGER PRIMARY KEY, last INTEGER NOT NULL, day TEXT NOT NULL);
"""


class Desks(NamedTuple):
    """Where business is done, by whatever way it comes in."""

    till: Till
    refunds: RefundDesk
    statements: StatementDesk


class _Counter(NamedTuple):
    """What is done with one kind of batch."""

    kind: Kind[Any]
    operation: str
    schema: str
    reply_schema: str
    member: str
    effect: Effect


class FileDesk:
    """Takes in what lies in ``out``, once each; puts results, payments and statements into the other rooms."""

    def __init__(self, root: Path, wire: Wire, book: TaxBook, desks: Desks) -> None:
        self._wire, self._book, self._statements = wire, book, desks.statements
        self._faults: FaultPlan = wire.faults
        self._drop = Drop(root)
        self._outbox = Outbox(book, self._drop)
        self._seen: set[str] = set()
        counters = (
            _Counter(DUES, "submit_dues", "DueBatch", "Acknowledged", "acknowledgements", book.present),
            _Counter(VOIDS, "void_dues", "VoidBatch", "Voided", "results", book.void),
            _Counter(
                DECLARATIONS, "declare_sponsor", "SponsorDeclaration", "Acknowledged", "acknowledgements",
                desks.till.declare,
            ),
            _Counter(REFUNDS, "submit_refunds", "RefundBatch", "Acknowledged", "acknowledgements", desks.refunds.order),
        )  # fmt: skip
        self._counters = {counter.kind.name: counter for counter in counters}
        book.connection.executescript(_SCHEMA)
        with book.transaction():
            since = (book.today - timedelta(days=1)).isoformat()
            book.connection.execute("INSERT OR IGNORE INTO setting VALUES ('files_since', ?)", (since,))
        value = book.connection.execute("SELECT value FROM setting WHERE name = 'files_since'").fetchone()[0]
        self._since = date.fromisoformat(value)
        self._stated = set(self._drop.names(STATEMENTS))
        self.issue()

    def scan(self) -> None:
        """Take in the batches that were not seen yet, and put out what is ready."""
        names = self._drop.names(OUT)
        fresh = [name for name in names if name.startswith("states-") or name not in self._seen]
        self._seen.intersection_update(names)
        for name in fresh:
            self._seen.add(name)
            self._take_in(name)
        if any(not name.startswith("states-") for name in fresh):
            self.issue()
        self._outbox.put()

    def issue(self, again: date | None = None) -> None:
        """Put out payments booked since the last file and statements of days that are over; ``again``: one anew."""
        if again is not None:
            self._stated.discard(f"statement-{again.isoformat()}.csv")
        self._issue_payments()
        day = self._since
        while day < self._book.today:
            name = f"statement-{day.isoformat()}.csv"
            if name not in self._stated and (body := self._statements.issue(day)) is not None:
                self._drop.write(STATEMENTS, name, body, lasting=False)
                self._stated.add(name)
            day += timedelta(days=1)
        self._outbox.put()

    def _issue_payments(self) -> None:
        ask = self._book.connection.execute
        number, last, day = ask(
            "SELECT coalesce(max(number), 0), coalesce(max(last), 0), max(day) FROM payment_file"
        ).fetchone()
        newest: int = ask("SELECT coalesce(max(sequence), 0) FROM payment").fetchone()[0]
        today = self._book.today.isoformat()
        if newest == last and day == today:
            return
        rows = [tables.to_cells(tables.PAID, row) for row in lines_between(self._book, last, newest)]
        body = write_sheet("payments", (str(number + 1), today), list(tables.PAID), rows)
        fault, name = self._faults.take("payments", _PAYMENT_FAULTS), payment_file(number + 1)
        with self._book.transaction():
            ask("INSERT INTO payment_file VALUES (?, ?, ?)", (number + 1, newest, today))
            if fault is not None and fault.kind == "payments_wrong_total":
                self._outbox.add(PAYMENTS, name, wrong_total(body))
                self._outbox.add(PAYMENTS, name, body, replaces=name)
            else:
                self._outbox.add(PAYMENTS, name, body, late=fault)

    async def watch(self) -> None:
        """Look into the directory again and again, for as long as the office is open."""
        while True:
            await asyncio.sleep(_PAUSE)
            try:
                self.scan()
            except Exception:
                # A fault of the office's own must be seen in its log, and must not end its working day.
                traceback.print_exc(file=sys.stderr)

    def _take_in(self, name: str) -> None:
        kind, _, _ = name.partition("-")
        try:
            read = self._drop.read(OUT, name)
            if read is None:
                return
            if kind == STATES.name:
                self._answer_question(name, read[0])
            elif kind in self._counters:
                self._answer(self._counters[kind], read[0])
        except (BadFile, NotPlain) as error:
            sys.stderr.write(f"{name} cannot be read: {error}\n")

    def _answer(self, counter: _Counter, body: bytes) -> None:
        kind, sha256 = counter.kind, hashlib.sha256(body).hexdigest()
        sheet = read_sheet(body, kind.name, ABOUT_BATCH, list(kind.sent))
        key, area, year, sponsor = sheet.about
        if self._outbox.knows(kind.file(key)):
            if not kind.results(key, self._drop):
                self._outbox.again(kind.file(key))
            return
        rows = [tables.to_row(kind.sent, line) for line in sheet.rows]
        content: dict[str, Any] = {"batch": key, "area": area, "rows": rows}
        content |= {"insured_year": int(year) if year.isdecimal() else year} if year else {}
        content |= {"sponsor": sponsor} if sponsor else {}
        try:
            reply = self._reply(counter, key, sha256, content)
        except Problem as problem:
            with self._book.transaction():
                refused = refusal(kind, key, sha256, problem.code, "The batch is not as it has to be.")
                serial = f"{kind.file(key).removesuffix('.csv')}.refused.csv"
                self._outbox.add(RESULTS, serial, refused, kind.file(key))
            return
        answers = [
            {"row": at, "amount": row.get("amount")} | answer
            for at, (row, answer) in enumerate(zip(rows, orjson.loads(reply)[counter.member], strict=True), start=1)
        ]
        with self._book.transaction():
            put_down(self._outbox, kind, key, sha256, answers, self._faults.take(counter.operation, RESULT_FAULTS))

    def _reply(self, counter: _Counter, key: str, sha256: str, content: dict[str, Any]) -> bytes:
        if fault := self._wire.contract.fault(counter.schema, content):
            raise Problem(422, "not_by_contract", fault)
        if (stored := self._book.stored(counter.operation, key)) is not None:
            if stored[0] != sha256:
                raise Problem(409, "key_conflict", "The key is held with another payload.")
            return stored[1]
        return self._wire.once(counter.operation, counter.reply_schema, counter.effect, key, sha256, content)

    def _answer_question(self, name: str, body: bytes) -> None:
        answer = f"{name.removesuffix('.csv')}.1.csv"
        if answer in self._drop.names(RESULTS):
            return
        sheet = read_sheet(body, STATES.name, ABOUT_BATCH, list(STATES.sent))
        references = [line["rsdt_clct_detl_id"] for line in sheet.rows]
        states = self._book.states(references)["states"]
        rows = [{"row": at} | state for at, state in enumerate(states, start=1)]
        told = result(STATES, sheet.about[0], hashlib.sha256(body).hexdigest(), rows)
        self._drop.write(RESULTS, answer, told, lasting=False)
