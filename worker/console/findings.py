"""What ``levy check`` and ``levy doctor`` say, as pages: read beside them on a click, kept with the time of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson
from starlette.responses import Response

from worker.check import check_all
from worker.console.audit import NEWEST
from worker.console.beside import Reading
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import GIVEN, Column, Filter, Table
from worker.console.visit import Visit
from worker.doctor import examine
from worker.house import House

_AGAIN_SECONDS = 3
_STANDS = ("fails", "holds")
_STAND = Filter("stands", "结果", "Outcome", sql="t.stands = :stands", choices=_STANDS, words="found")
_PLACE = Column("n", "序号", "No.", "count", sort="t.n")
_OUTCOME = Column("stands", "结果", "Outcome", "word", words="found", sort="t.stands")
CHECKED = Table(
    "check", "账务核查", "Checks of the books",
    GIVEN.format("n int, stands text, says text, problem text"),
    (
        _PLACE, _OUTCOME,
        Column("says", "应当成立", "What must hold", "said", sort="t.says"),
        Column("problem", "不符之处", "What contradicts it", "said", sort="coalesce(t.problem, '')"),
    ),
    (_STAND,), key="n", first="stands",
    empty=("还没有核查结果：请点“现在核查”。", "Nothing was checked yet: check now."),
)  # fmt: skip
EXAMINED = Table(
    "doctor", "系统诊断", "What is wrong with the installation",
    GIVEN.format("n int, stands text, part text, says text, remedy text"),
    (
        _PLACE, _OUTCOME,
        Column("part", "部分", "Part", "word", words="doctor", sort="t.part"),
        Column("says", "情况", "Finding", "said", sort="t.says"),
        Column("remedy", "处理办法", "What to do", "said"),
    ),
    (_STAND,), key="n", first="stands",
    empty=("还没有诊断结果：请点“现在诊断”。", "Nothing was looked at yet: look now."),
)  # fmt: skip


def show_check(visit: Visit) -> Response:
    """What the checks found when they were last run, or so far."""
    return _show(visit, CHECKED)


def check_now(visit: Visit) -> Response:
    """Run the checks of ``levy check`` beside the pages; of the audit chains their newest events."""
    return _begin(visit, CHECKED, lambda: _checked(visit.house))


def show_doctor(visit: Visit) -> Response:
    """What was found when the installation was last looked at."""
    return _show(visit, EXAMINED)


def examine_now(visit: Visit) -> Response:
    """Look at the installation as ``levy doctor`` does, beside the pages."""
    return _begin(visit, EXAMINED, lambda: _examined(visit.house))


def _begin(visit: Visit, table: Table, work: Callable[[], Iterator[dict[str, Any]]]) -> Response:
    visit.place.beside.begin(table.name, work)
    return visit.go(f"/{table.name}")


def _show(visit: Visit, table: Table) -> Response:
    reading: Reading | None = visit.place.beside.kept(table.name)
    under_way = reading is not None and reading.ended_at is None
    rows = [{"n": at, **row} for at, row in enumerate(list(reading.rows) if reading else [], 1)]
    return show_table(
        visit, table, "findings", {"rows": orjson.dumps(rows).decode()}, reading=reading, under_way=under_way,
        wrong=sum(row["stands"] == "fails" for row in rows), newest=NEWEST, again=_AGAIN_SECONDS if under_way else None,
    )  # fmt: skip


def _checked(house: House) -> Iterator[dict[str, Any]]:
    with house.engine.connect() as connection:
        for one in check_all(connection, house.keychain, NEWEST):
            if not one.problems:
                yield {"stands": "holds", "says": one.says, "problem": None}
            for problem in one.problems:
                yield {"stands": "fails", "says": one.says, "problem": problem}


def _examined(house: House) -> Iterator[dict[str, Any]]:
    for one in examine(house.settings):
        stands = "holds" if one.well else "fails"
        yield {"stands": stands, "part": one.check, "says": one.says, "remedy": one.do or None}
