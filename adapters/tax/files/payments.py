"""The feed of payments as numbered files: the cursor is a file's number and a row in it; a gap is waited for."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import NamedTuple

from adapters.ports import Malformed, Page, Unavailable
from adapters.tax.files import tables
from adapters.tax.files.drop import PAYMENTS, REFUSED, Drop, NotPlain
from adapters.tax.files.sheet import BadFile, Sheet, Unfinished, read_sheet
from adapters.tax.reading import payment_fault
from adapters.words import is_day

_CURSOR = re.compile(r"([1-9][0-9]{0,8})\.([0-9]{1,6})(?:\.([0-9a-f]{8}))?")
_NAME = re.compile(r"payments-([0-9]{6,9})\.csv")


class _Place(NamedTuple):
    """The next row to read: number of the file, rows of it that were read, and by which bytes these were known."""

    number: int
    row: int
    digest: str | None

    @property
    def cursor(self) -> str:
        return f"{self.number}.{self.row}" + (f".{self.digest}" if self.digest else "")


def payment_file(number: int) -> str:
    """The name of a payments file; the first has number 1."""
    return f"payments-{number:06d}.csv"


def next_page(drop: Drop, cursor: str | None, limit: int, settle_seconds: float, poll_seconds: float) -> Page:
    """The next rows after ``cursor``, from one file at most.

    Raises ``Unavailable`` while a file is missing that later ones have overtaken, or that was refused.
    """
    at = _place(cursor)
    found = _read(drop, at.number, settle_seconds)
    if found is None:
        _check_no_gap(drop, at.number, poll_seconds)
        before = _read(drop, at.number - 1, settle_seconds)
        whole_before = date.fromisoformat(before[0].about[1]) if before else date.min
        return Page([], at.cursor, more=False, whole_before=whole_before)
    sheet, digest = found
    if at.row and at.digest != digest:
        text = f"Payments file {at.number} is not the one of which {at.row} rows were read: put that one back"
        raise Unavailable(text, poll_seconds)
    return _page(drop, sheet, digest, at, limit)


def _place(cursor: str | None) -> _Place:
    if cursor is None:
        return _Place(1, 0, None)
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise ValueError("the cursor of the payments is none of numbered files: was the tax side another one before?")
    return _Place(int(match[1]), int(match[2]), match[3])


def _page(drop: Drop, sheet: Sheet, digest: str, at: _Place, limit: int) -> Page:
    end = min(at.row + limit, len(sheet.rows))
    items, malformed = [], []
    for line in sheet.rows[at.row : end]:
        row = tables.to_row(tables.PAID, line)
        fault = payment_fault(row)
        if fault is None:
            items.append(row)
        else:
            malformed.append(Malformed(",".join(line.values()), fault))
    rest = end < len(sheet.rows)
    after = _Place(at.number, end, digest) if rest else _Place(at.number + 1, 0, None)
    more = rest or any(number > at.number for number in _numbers(drop))
    return Page(items, after.cursor, more, malformed, date.fromisoformat(sheet.about[1]))


def _read(drop: Drop, number: int, settle_seconds: float) -> tuple[Sheet, str] | None:
    """The file of this number and a digest of it; ``None`` when it has not come to its end; a bad one is refused."""
    name, age = payment_file(number), 0.0
    try:
        read = drop.read(PAYMENTS, name)
        if read is None:
            return None
        body, age = read
        sheet = read_sheet(body, "payments", 2, list(tables.PAID))
        if sheet.about[0] != str(number) or not is_day(sheet.about[1]):
            raise BadFile("its head has another number than its name, or no day")
        return sheet, hashlib.sha256(body).hexdigest()[:8]
    except Unfinished as error:
        if age > settle_seconds:
            drop.set_aside(PAYMENTS, name, str(error))
    except (BadFile, NotPlain) as error:
        drop.set_aside(PAYMENTS, name, str(error))
    return None


def _check_no_gap(drop: Drop, number: int, poll_seconds: float) -> None:
    name = payment_file(number)
    if any(kept.startswith(f"{name}.") for kept in drop.names(REFUSED)):
        text = f"{name} was refused, the reason lies beside it in {REFUSED}: the tax office has to send it anew"
        raise Unavailable(text, poll_seconds)
    if any(other > number for other in _numbers(drop)):
        raise Unavailable(f"{name} has not come and later ones have: it is waited for", poll_seconds)


def _numbers(drop: Drop) -> list[int]:
    return [int(match[1]) for name in drop.names(PAYMENTS) if (match := _NAME.fullmatch(name))]
