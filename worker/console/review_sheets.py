"""Refunds reviewed by a sheet, one decision and reason a row: first what it would do, then the click that does it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

from starlette.responses import Response

from adapters.bureau.problems import FileRefused
from worker.console.acting import refusals
from worker.console.refunds import show_list
from worker.console.visit import Visit, Wrong
from worker.foreign_text import plain
from worker.refunds.listing import list_cases
from worker.refunds.review_sheet import (
    CameOtherwise,
    SheetRefused,
    SheetReviewed,
    Verdict,
    look_at_sheet,
    read_sheet,
    review_sheet_now,
)

_SHOWN = 50


class Looked(NamedTuple):
    """A sheet that was looked at and waits for the click: its name and rows, what is wrong, what it would come to."""

    name: str
    sure: str
    verdicts: list[Verdict]
    faults: dict[int, str]
    would: SheetReviewed


def upload(visit: Visit) -> Response:
    """Review by a sheet as ``levy refund review --file`` does: first a look, then, where it is still that, the act."""
    if visit.given("sure"):
        return _review(visit)
    name, content = visit.files.get("sheet", ("", b""))
    if not content:
        raise Wrong(422, visit.words("no_file"))
    with refusals(SheetRefused, FileRefused):
        verdicts, faults = read_sheet(content)
    shown = plain(name[-200:].replace("\\", "/").rpartition("/")[2]) or "sheet"
    would = look_at_sheet(visit.house, verdicts, visit.operator.login)
    return _look(visit, Looked(shown, sha256(content).hexdigest(), verdicts, faults, would), len(content))


def _review(visit: Visit) -> Response:
    looked = visit.place.sheets.take(visit.token)
    if not isinstance(looked, Looked) or looked.sure != visit.given("sure"):
        raise Wrong(409, visit.words("file_gone"))
    try:
        done = review_sheet_now(visit.house, looked.verdicts, visit.operator.login, looked.would)
    except CameOtherwise as otherwise:
        return _look(visit, looked._replace(would=otherwise.reviewed), 0, changed=True)
    return show_list(visit, sheet_done=_told(visit, looked._replace(would=done)))


def _look(visit: Visit, looked: Looked, size: int, changed: bool = False) -> Response:
    visit.place.sheets.keep(visit.token, size, looked)
    told = _told(visit, looked)
    return show_list(visit, 409 if changed else 200, sheet_plan=told | {"sure": looked.sure, "changed": changed})


def _told(visit: Visit, looked: Looked) -> dict[str, Any]:
    """The sheet in figures: rows, what is approved with how much money, and the first rows that cannot be taken."""
    would, faults = looked.would, sorted((looked.faults | looked.would.faults).items())
    with visit.house.engine.connect() as connection:
        approved = list_cases(connection, visit.house.law.area, ids=would.cases("refund.approved"))
    return {
        "name": looked.name, "rows": len(looked.verdicts) + len(looked.faults), "would": would,
        "yuan": sum(case["yuan"] for case in approved), "faults": faults[:_SHOWN], "wrong": len(faults),
        "more": len(faults) > _SHOWN,
    }  # fmt: skip
