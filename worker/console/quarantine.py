"""Rows that could not be taken in: why, as a sheet to mend, taken in again, or laid aside; as on the command line."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from sqlalchemy import text
from starlette.responses import Response

from adapters.bureau.columns import heading
from adapters.bureau.problems import Problem, codes, reason
from worker.audit.log import Event, Origin
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import Column, Filter, Table
from worker.console.tables.export import TYPES
from worker.console.visit import Visit, Wrong
from worker.console.words import Words, words_of
from worker.flows.intake.filing import CameOtherwise, Dropped, Taken, look_at_file, take_file
from worker.flows.intake.review import count_open, dismiss, open_rows
from worker.flows.intake.sheet import render_sheet
from worker.foreign_text import plain

KINDS = ("enrolments", "flags", "accounts", "applications", "refunds", "other_cover")
_MOST = 200
_OPEN_AMONG = text(
    "SELECT q.id, f.name FROM quarantined_row q JOIN intake_file f ON f.id = q.file_id"
    " WHERE q.id = ANY(:ids) AND q.state = 'open' ORDER BY q.id FOR UPDATE OF q"
)


def _problems(value: Any, words: Words) -> str:
    """Each thing that is wrong, beginning with the field."""
    kind, found = value["kind"], [Problem(**one) for one in value["problems"]]
    told = [f"{heading(kind, one.field) if one.field else '—'}: {reason(one, words.language)}" for one in found]
    return "; ".join(told)


ROWS = Table(
    "quarantine", "隔离数据行", "Rows in quarantine",
    "SELECT q.id, f.name AS file, f.kind, q.line, q.state, f.business_date, q.recorded_at, q.closed_by, q.problems"
    " AS found, jsonb_build_object('kind', f.kind, 'problems', q.problems) AS problems"
    " FROM quarantined_row q JOIN intake_file f ON f.id = q.file_id",
    (
        Column("id", "隔离编号", "Row", sort="t.id"),
        Column("file", "文件", "File", sort="t.file"),
        Column("kind", "类别", "Kind", "word", words="list", sort="t.kind"),
        Column("line", "行", "Line", sort="t.line"),
        Column("problems", "问题", "What is wrong", said=_problems),
        Column("business_date", "业务日期", "Day of the list", "date", sort="t.business_date"),
        Column("state", "状态", "State", "word", words="row_state", sort="t.state"),
        Column("closed_by", "了结", "Closed by"),
    ),
    (
        Filter("state", "状态", "State", sql="t.state = :state", words="row_state", default="open",
               choices=("open", "fixed", "replaced", "dismissed")),
        Filter("kind", "类别", "Kind", sql="t.kind = :kind", choices=KINDS, words="list"),
        Filter("file", "文件名含", "File has", sql="strpos(t.file, :file) > 0"),
        Filter("code", "问题代码", "Reason code", choices=codes(), words="code",
               sql="t.found @> jsonb_build_array(jsonb_build_object('code', CAST(:code AS text)))"),
    ),
    key="id", first="-id",
    empty=("尚无隔离数据行：收到的名单全部入库。", "No row was ever set aside: all lists went in whole."),
)  # fmt: skip


def show(visit: Visit) -> Response:
    """The rows, and for clerks the sheet, the upload, and laying aside."""
    return _show(visit)


def download(visit: Visit) -> Response:
    """The open rows of one kind as a correction sheet, in clear; that it was taken is an event."""
    kind, file, code = visit.given("kind"), visit.given("file") or None, visit.given("code") or None
    if kind not in KINDS:
        raise Wrong(422, visit.words("nothing_chosen"))
    house = visit.house
    with house.engine.begin() as connection:
        rows = [row for row in open_rows(connection, house.vault, file, code) if row.kind == kind]
        if not rows:
            raise Wrong(404, visit.words("no_open_rows"))
        facts = {"rows": len(rows), "file": file, "code": code, "ids": [row.id for row in rows]}
        _record(visit, connection, Event("quarantine.exported", None, facts))
    day = f"{house.clock.today():%Y%m%d}"
    chinese = quote(f"更正表-{words_of('zh').value('list', kind)}-{day}.xlsx")
    shown = f"attachment; filename=\"correction-{kind}-{day}.xlsx\"; filename*=UTF-8''{chinese}"
    headers = {"Content-Disposition": shown}
    return Response(render_sheet(kind, rows, ".xlsx"), media_type=TYPES["xlsx"], headers=headers)


def upload(visit: Visit) -> Response:
    """Take in a mended sheet, or any list of the bureau, as ``levy intake`` does: first a look at what that does."""
    house, sheets = visit.house, visit.place.sheets
    if visit.given("sure"):
        return _take_in(visit, sheets.take(visit.token))
    name, content = visit.files.get("sheet", ("", b""))
    if not content:
        raise Wrong(422, visit.words("no_file"))
    shown = plain(name[-200:].replace("\\", "/").rpartition("/")[2]) or "sheet"
    dropped = Dropped(shown, content, house.clock.today(), dated=False)
    with house.engine.begin() as connection:
        taken = look_at_file(connection, house, dropped)
    return _looked(visit, dropped, taken)


def _take_in(visit: Visit, looked: tuple[Dropped, Taken] | None) -> Response:
    """What was shown is taken in; where it is no longer that, it is shown anew."""
    house = visit.house
    if looked is None or visit.given("sure") != sha256(looked[0].content).hexdigest():
        raise Wrong(409, visit.words("file_gone"))
    dropped, shown = looked
    origin = Origin(f"clerk:{visit.operator.login}", house.settings.area, dropped.day, batch=dropped.name)
    try:
        with house.engine.begin() as connection:
            taken = take_file(connection, house, dropped, origin, shown)
    except CameOtherwise as otherwise:
        return _looked(visit, dropped, otherwise.taken, changed=True)
    return _show(visit, taken, dropped.name)


def _looked(visit: Visit, dropped: Dropped, would: Taken, changed: bool = False) -> Response:
    """What would become of a file; where that is something, with the button that does it."""
    if would.outcome != "taken":
        return _show(visit, would, dropped.name, 422 if would.outcome == "refused" else 200)
    visit.place.sheets.keep(visit.token, len(dropped.content), (dropped, would))
    sheet = {"would": would, "name": dropped.name, "sure": sha256(dropped.content).hexdigest(), "changed": changed}
    return _show(visit, status=409 if changed else 200, sheet_up=sheet)


def lay_aside(visit: Visit) -> Response:
    """Close rows that need no correction, such as true repeats, for a reason that is kept: first a look at which."""
    ids, why = list(visit.form.get("row") or ()), visit.given("reason")
    if not ids or len(ids) > _MOST or not all(one.isascii() and one.isdecimal() and len(one) < 19 for one in ids):
        raise Wrong(422, visit.words("nothing_chosen"))
    if not why:
        raise Wrong(422, visit.words("say_why"))
    house, numbers = visit.house, sorted({int(one) for one in ids})
    with house.engine.begin() as connection:
        rows = connection.execute(_OPEN_AMONG, {"ids": numbers}).all()
        sure = "-".join(str(row.id) for row in rows)
        if not rows or visit.given("sure") != sure:
            files = Counter(row.name for row in rows).most_common()
            aside = {"ids": [row.id for row in rows], "files": files, "reason": why, "sure": sure}
            changed = bool(visit.given("sure")) or not rows
            return _show(visit, status=409 if changed else 200, aside=aside | {"changed": changed})
        by = f"{visit.operator.login}: {why}"
        closed = dismiss(connection, [row.id for row in rows], by, house.clock.now())
        _record(visit, connection, Event("quarantine.dismissed", None, {"ids": closed, "reason": why}))
    return visit.go("/quarantine")


def _show(visit: Visit, taken: Taken | None = None, name: str = "", status: int = 200, **looked: Any) -> Response:
    mends = visit.operator.may("quarantine.mend")
    with visit.house.engine.connect() as connection:
        kinds, reasons = count_open(connection, visit.asked("file"), visit.asked("code"))
    more = {
        "mends": mends,
        "kinds": kinds,
        "reasons": reasons,
        "taken": taken,
        "name": name,
        "aside": None,
        "sheet_up": None,
        **looked,
    }
    return show_table(visit, ROWS, "quarantine", None, status, **more)


def _record(visit: Visit, connection: Any, event: Event) -> None:
    house = visit.house
    origin = Origin(f"clerk:{visit.operator.login}", house.settings.area, house.clock.today())
    house.audit.record(connection, origin, [event], house.clock.now())
