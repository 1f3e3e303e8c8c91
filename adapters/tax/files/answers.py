"""What the tax office has answered to a batch so far, from its result files: each is taken whole or refused."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar, get_args
from urllib.parse import quote

from adapters.http import InvalidReply
from adapters.ports import Acknowledgement, Refused, VoidOutcome, VoidResult
from adapters.replies import acknowledgement
from adapters.rows import DueState
from adapters.tax.files import tables
from adapters.tax.files.drop import OUT, RESULTS, Drop, NotPlain
from adapters.tax.files.sheet import BadFile, Sheet, Unfinished, read_sheet
from adapters.tax.reading import is_state
from adapters.words import is_code

Answer = TypeVar("Answer")
ABOUT_BATCH = 4
"""Cells of a batch's head after its kind: key, area, insured year, sponsor; the last two may be empty."""
ABOUT_RESULT = 2
"""Cells of a result's head after its kind: key, SHA-256 of the batch."""
REFUSAL = ("code", "text")
_LONGEST_TEXT = 1_000


class Kind(NamedTuple, Generic[Answer]):
    """A kind of batch: its name, its columns, those of its results, and how one row of a result is read."""

    name: str
    sent: tables.Columns
    answered: tables.Columns
    read: Callable[[Mapping[str, Any]], Answer]

    def file(self, key: str) -> str:
        """The name of the batch with this key."""
        return f"{self.name}-{quote(key, safe='')}.csv"

    def results(self, key: str, drop: Drop) -> list[str]:
        """The names of the result files there are for a key: any number, each with a serial of the office's own."""
        form = re.compile(re.escape(f"{self.name}-{quote(key, safe='')}") + r"\.[A-Za-z0-9_-]{1,40}\.csv")
        return [name for name in drop.names(RESULTS) if form.fullmatch(name)]


class Answers(NamedTuple, Generic[Answer]):
    """The rows answered so far by number, and how many were sent."""

    rows: dict[int, Answer]
    sent: int

    @property
    def whole(self) -> list[Answer] | None:
        """The answers in the order sent, once every row has one."""
        return [self.rows[number] for number in range(1, self.sent + 1)] if len(self.rows) == self.sent > 0 else None


def gather(drop: Drop, kind: Kind[Answer], key: str, body: bytes, settle_seconds: float) -> Answers[Answer]:
    """Read every result file of the batch ``body``. Raises ``Refused`` when the office has refused it as a whole.

    A file that is wrong in anything is moved aside with a reason; one without trailer only when nobody has written to
    it for ``settle_seconds``.
    """
    names = kind.results(key, drop)
    if not names:
        return Answers({}, 0)
    sent = [tables.to_row(kind.sent, line) for line in read_sheet(body, kind.name, ABOUT_BATCH, list(kind.sent)).rows]
    found: Answers[Answer] = Answers({}, len(sent))
    for name in names:
        age = 0.0
        try:
            read = drop.read(RESULTS, name)
            if read is not None:
                age = read[1]
                found.rows.update(_take(kind, key, body, sent, found.rows, read[0]))
        except Unfinished as error:
            if age > settle_seconds:
                drop.set_aside(RESULTS, name, str(error))
        except (BadFile, NotPlain) as error:
            drop.set_aside(RESULTS, name, str(error))
    return found


def _take(
    kind: Kind[Answer], key: str, body: bytes, sent: list[dict[str, Any]], known: Mapping[int, Answer], result: bytes
) -> dict[int, Answer]:
    """The rows of one result file. Raises ``BadFile`` for the whole of it, or ``Refused``."""
    ours = (key, hashlib.sha256(body).hexdigest())
    if result.startswith(f"HEAD,{kind.name}_refusal,".encode()):
        raise _refusal(key, ours, read_sheet(result, f"{kind.name}_refusal", ABOUT_RESULT, REFUSAL))
    sheet = read_sheet(result, f"{kind.name}_result", ABOUT_RESULT, list(kind.answered))
    _check_payload(sheet, ours)
    rows: dict[int, Answer] = {}
    for line in sheet.rows:
        try:
            row = tables.to_row(kind.answered, line)
        except ValueError:
            raise BadFile("one of its sums is not one in yuan with at most two decimals") from None
        number = row["row"]
        if type(number) is not int or not 1 <= number <= len(sent):
            raise BadFile("it answers a row that was not sent")
        if row["reference"] != sent[number - 1]["reference"]:
            raise BadFile(f"its answer to row {number} has another reference than the row")
        if kind.answered is tables.ACKNOWLEDGED and row["amount"] != sent[number - 1]["amount"]:
            raise BadFile(f"its answer to row {number} has another amount than the row")
        try:
            answer = kind.read(row)
        except (InvalidReply, ValueError):
            raise BadFile(f"its answer to row {number} is none that we know") from None
        if rows.setdefault(number, answer) != answer or known.get(number, answer) != answer:
            raise BadFile(f"its answer to row {number} contradicts an earlier one")
    return rows


def _check_payload(sheet: Sheet, ours: tuple[str, str]) -> None:
    if sheet.about[0] != ours[0]:
        raise BadFile("it answers another batch than its name says")
    if sheet.about[1] != ours[1]:
        raise BadFile("it answers another payload than ours: its SHA-256 is not that of our batch")


def _refusal(key: str, ours: tuple[str, str], sheet: Sheet) -> Refused:
    _check_payload(sheet, ours)
    code = sheet.rows[0]["code"] if len(sheet.rows) == 1 else ""
    return Refused(422, code if is_code(code) else "", f"The tax system refused {key}")


def _acknowledged(row: Mapping[str, Any]) -> Acknowledgement:
    if len(row["text"] or "") > _LONGEST_TEXT:
        raise ValueError("a text without measure")
    return acknowledgement(row)


def _voided(row: Mapping[str, Any]) -> VoidResult:
    if row["outcome"] not in get_args(VoidOutcome):
        raise ValueError("no outcome that we know")
    return VoidResult(row["reference"], row["outcome"])


def _state(row: Mapping[str, Any]) -> DueState:
    if not is_state(row):
        raise ValueError("no state that we know")
    return {
        "reference": row["reference"],
        "state": row["state"],
        "amount": row["amount"],
        "paid": row["paid"],
        "voucher_no": row["voucher_no"],
        "number": row["number"],
        "person_no": row["person_no"],
        "insurance": row["insurance"],
        "sponsor": row["sponsor"],
        "deadline": row["deadline"],
    }


DUES = Kind("dues", tables.DUE, tables.ACKNOWLEDGED, _acknowledged)
VOIDS = Kind("voids", tables.VOID, tables.VOIDED, _voided)
DECLARATIONS = Kind("declarations", tables.DECLARED, tables.ACKNOWLEDGED, _acknowledged)
REFUNDS = Kind("refunds", tables.REFUND, tables.ACKNOWLEDGED, _acknowledged)
STATES = Kind("states", tables.ASKED, tables.STATE, _state)


def forget(drop: Drop, kind: Kind[Answer], key: str) -> None:
    """Take a question and its answers away, the question first: what is left of them is an answer, never a question."""
    drop.remove(OUT, kind.file(key))
    for name in kind.results(key, drop):
        drop.remove(RESULTS, name)
