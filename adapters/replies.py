"""Replies read with suspicion: the acknowledgements of a batch must be those of the rows that we sent, and pages of a
feed must not be poisoned by one bad row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import orjson

from adapters.http import ForeignPayload, InvalidReply
from adapters.ports import Acknowledgement, Malformed, MonthTotal, Page, Unavailable
from adapters.words import is_code, is_word

LARGEST_AMOUNT = 10**12
_LARGEST_COUNT, _LARGEST_TOTAL = 10**9, 10**15
"""Of a month: a thousand million rows, ten thousand thousand million yuan."""
_RAW_LENGTH = 4_000


def encode(content: Mapping[str, Any]) -> bytes:
    """The bytes of a batch: the same content always gives the same bytes."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def acknowledgements(key: str, body: bytes) -> Callable[[bytes], list[Acknowledgement]]:
    """A reader of the reply to ``body``: one acknowledgement for each row, in the order sent."""

    def parse(reply: bytes) -> list[Acknowledgement]:
        rows = in_order_sent(key, body, reply, "acknowledgements")
        return [acknowledgement(row) for row in rows]

    return parse


def in_order_sent(key: str, body: bytes, reply: bytes, member: str) -> list[dict[str, Any]]:
    """The rows of ``member`` of a batch reply, which must answer the rows of ``body`` one to one.

    Raises ``InvalidReply``, or ``ForeignPayload`` when the reply is to other bytes under our key.
    """
    content = decode(reply)
    if content.get("batch") != key:
        raise InvalidReply("it answers another batch")
    if content.get("sha256") != hashlib.sha256(body).hexdigest():
        raise ForeignPayload("its hash is not that of our bytes")
    rows = content.get(member)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidReply(f"its {member} are not a list of rows")
    sent = [row["reference"] for row in orjson.loads(body)["rows"]]
    answered = [row.get("reference") for row in rows]
    if answered == sent:
        return rows
    if len(answered) != len(sent) or not all(isinstance(reference, str) for reference in answered):
        raise InvalidReply(f"it answers {len(answered)} rows, {len(sent)} were sent")
    by_reference = dict(zip(answered, rows, strict=True))
    foreign = by_reference.keys() ^ set(sent)
    if foreign or len(by_reference) != len(sent):
        raise InvalidReply("its references are not those that were sent")
    return [by_reference[reference] for reference in sent]


def acknowledgement(row: Mapping[str, Any]) -> Acknowledgement:
    """One row's answer. Raises ``InvalidReply`` when it is neither an acceptance nor a rejection."""
    reference, accepted, number, code = row["reference"], row.get("accepted"), row.get("number"), row.get("code")
    text = row.get("text")
    sound = (accepted is True and is_word(number)) or (accepted is False and is_code(code))
    if not sound or not (text is None or isinstance(text, str)):
        raise InvalidReply(
            f"its answer to {reference} is neither an acceptance with a number nor a rejection with a code"
        )
    return Acknowledgement(reference, accepted is True, number, code, text)


def page(reply: bytes, cursor: str | None, fault_of: Callable[[dict[str, Any]], str | None]) -> Page:
    """A page of a feed; rows in which ``fault_of`` finds a fault are set aside as malformed."""
    content = decode_leniently(reply)
    rows, next_cursor, more = content.get("items"), content.get("next_cursor"), content.get("more")
    if not isinstance(rows, list) or not is_word(next_cursor) or not isinstance(more, bool):
        raise InvalidReply("it is not a page with items, next_cursor and more")
    if more and next_cursor == cursor:
        raise InvalidReply(f"there is more, and yet the cursor stays at {cursor}")
    items: list[dict[str, Any]] = []
    malformed: list[Malformed] = []
    for row in rows:
        fault = fault_of(row) if isinstance(row, dict) else "is not an object"
        if fault is None:
            items.append(row)
        else:
            malformed.append(Malformed(_raw(row), fault))
    return Page(items, next_cursor, more, malformed)


def statement_files(first: date, last: date) -> Callable[[bytes], dict[date, bytes]]:
    """A reader of the statement files of days from ``first`` on: in order, without a gap, none after ``last``."""

    def parse(reply: bytes) -> dict[date, bytes]:
        rows, files = decode(reply).get("statements"), {}
        if not isinstance(rows, list):
            raise InvalidReply("its statements are not a list")
        for at, row in enumerate(rows):
            day = first + timedelta(days=at)
            file = row.get("file") if isinstance(row, dict) and row.get("day") == day.isoformat() else None
            if not isinstance(file, str) or day > last:
                raise InvalidReply(f"its statement number {at + 1} is not the file of {day} that was asked for")
            files[day] = file.encode()
        return files

    return parse


def month_totals(reply: bytes, kind: str) -> list[MonthTotal]:
    """The totals of a month; ``kind`` is the member that says what is counted. Raises ``Unavailable``."""
    try:
        rows = decode(reply).get("totals")
        if not isinstance(rows, list):
            raise InvalidReply("its totals are not a list")
        return [_month_total(row, kind) for row in rows]
    except InvalidReply as error:
        raise Unavailable(f"The totals of the month cannot be trusted: {error}") from error


def _month_total(row: Any, kind: str) -> MonthTotal:
    if not isinstance(row, dict) or not all(is_word(row.get(name)) for name in ("area", kind)):
        raise InvalidReply(f"one of them has no area and {kind}")
    fund, count, amount = row.get("fund") or "", row.get("count"), row.get("fen")
    if type(count) is not int or type(amount) is not int or not (is_word(fund) or not fund):
        raise InvalidReply("one of them has no whole count and sum")
    if not (0 <= count <= _LARGEST_COUNT and 0 <= amount <= _LARGEST_TOTAL):
        raise InvalidReply("one of them has no whole count and sum")
    return MonthTotal(row["area"], row[kind], fund, count, amount)


def _raw(row: object) -> str:
    try:
        return json.dumps(row)[:_RAW_LENGTH]
    except RecursionError:
        return "a row nested too deeply to be written down"


def decode(reply: bytes) -> dict[str, Any]:
    """A JSON object, strictly."""
    try:
        content = orjson.loads(reply)
    except orjson.JSONDecodeError as error:
        raise InvalidReply(f"it is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise InvalidReply("it is not a JSON object")
    return content


def decode_leniently(reply: bytes) -> dict[str, Any]:
    """A JSON object in which NaN, 1e400 and their like stand as texts, so that only the row that has them is bad."""
    try:
        return decode(reply)
    except InvalidReply as strict:
        try:
            content = json.loads(reply, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            raise strict from None
        if not isinstance(content, dict):
            raise strict from None
        return content


def amount_fault(amount: object) -> str | None:
    """Why a value is not a payable amount in fen; ``None`` when it is one."""
    if type(amount) is not int:
        return "its amount is not a whole number of fen"
    if not 0 < amount <= LARGEST_AMOUNT:
        return f"its amount is not between 1 and {LARGEST_AMOUNT} fen"
    return None
