"""A what-if as tables: its figures, and the people whom one of them counts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import orjson
from starlette.responses import Response

from policies.change.report import row_name
from policies.change.whom import NoSuchFigure, Side, Whom, whom
from worker.console.answers import address
from worker.console.dues_tables import PERSON, of_town
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import GIVEN, Column, Filter, Row, Table, Type
from worker.console.visit import Visit, Wrong
from worker.console.words import Words
from worker.database.arrays import array
from worker.report.whatif import Considered

_MOST = 20_000
_SIDES = ("before", "after", "either")
_GROUPS = ("outcomes", "money", "category", "source", "clause")
_COUNTED = (
    "SELECT w.id, e.person_id, p.person_no, e.town, w.was, w.becomes, w.now_fen, w.considered_fen,"
    " w.considered_fen - w.now_fen AS difference FROM unnest(CAST(:ids AS bigint[]), CAST(:was AS text[]),"
    " CAST(:becomes AS text[]), CAST(:now_fen AS bigint[]), CAST(:considered_fen AS bigint[]))"
    " AS w(id, was, becomes, now_fen, considered_fen) JOIN enrolment e ON e.id = w.id JOIN person p"
    " ON p.id = e.person_id"
)


def show_figures(visit: Visit) -> Response:
    """All figures of a what-if, to be sorted and taken along."""
    name = visit.request.path_params["answer"]
    found = _answer(visit).found
    rows = [
        {"id": f"{group} {row['name']}", "answer": name, "part": group, "name": row["name"]}
        | {"shown": row_name(group, row["name"], visit.language)}
        | {f"{side}_{unit}": row[side][unit] for side in (*_SIDES[:2], "difference") for unit in ("people", "fen")}
        for group in _GROUPS
        for row in found[group]
    ]
    return show_table(visit, _FIGURES, "list", {"rows": orjson.dumps(rows).decode()})


def _answer(visit: Visit) -> Considered:
    """The answer that the address names. One that is kept no more has to be asked for again."""
    found = visit.place.answers.find(visit.request.path_params["answer"])
    if found is None:
        raise Wrong(404, visit.words("ask_again"))
    return found


def show(visit: Visit) -> Response:
    """The people whom one figure counts, and how much of each."""
    asked, answer = visit.request.path_params, _answer(visit)
    if asked["side"] not in _SIDES:
        raise Wrong(404, visit.words("no_such_page"))
    try:
        behind = whom(answer.compared, asked["group"], asked["figure"], cast(Side, asked["side"]))
    except NoSuchFigure:
        raise Wrong(404, visit.words("no_such_page")) from None
    return show_table(
        visit, _people(visit.house.law.area), "considered", _values(answer, behind),
        figure=_said(visit.words, asked), many=len(behind.rows), most=_MOST,
    )  # fmt: skip


def _values(answer: Considered, behind: Whom) -> Mapping[str, Any]:
    rows = behind.rows[:_MOST]
    pairs = [answer.compared.pairs[at] for at in answer.compared.of_person[rows].tolist()]
    return {
        "ids": array(answer.enrolments[rows].tolist()),
        "was": array(was.outcome for was, _ in pairs),
        "becomes": array(becomes.outcome for _, becomes in pairs),
        "now_fen": array(behind.before[:_MOST].tolist()),
        "considered_fen": array(behind.after[:_MOST].tolist()),
    }


def _said(words: Words, asked: Mapping[str, str]) -> str:
    """What the figure is called on the page that led here."""
    group, figure, side = asked["group"], asked["figure"], asked["side"]
    if group == "people":
        return words.value("whatif_people", figure)
    if group == "moves":
        return " → ".join(row_name("outcomes", one, words.language) for one in figure.split(" "))
    named = f"{words.value('whatif_group', group)} {row_name(group, figure, words.language)}"
    return f"{named} {words({'before': 'now', 'after': 'considered'}.get(side, 'now_or_considered'))}"


def _outcome(value: str, words: Words) -> str:
    return row_name("outcomes", value, words.language)


def _figure(key: str, zh: str, en: str, kind: Type, side: Side) -> Column:
    def link(row: Row) -> str | None:
        return address(row["answer"], row["part"], row["name"], side)

    people = key == "difference_people"  # the difference of the two beside it, of nobody in particular
    return Column(key, zh, en, kind, sort=f"t.{key}", link=None if people else link)


_FIGURES = Table(
    "whatif", "试算结果", "Figures of a what-if",
    GIVEN.format(
        "id text, answer text, part text, name text, shown text, before_people bigint, after_people bigint,"
        " difference_people bigint, before_fen bigint, after_fen bigint, difference_fen bigint"
    ),
    (
        Column("part", "分类", "By", "word", words="whatif_group", sort="t.part"),
        Column("shown", "项目", "What", sort="t.shown"),
        _figure("before_people", "现行人数", "People now", "count", "before"),
        _figure("after_people", "拟改人数", "People considered", "count", "after"),
        _figure("difference_people", "人数变化", "Difference in people", "count", "either"),
        _figure("before_fen", "现行", "Now", "fen", "before"),
        _figure("after_fen", "拟改", "Considered", "fen", "after"),
        _figure("difference_fen", "变化", "Difference", "fen", "either"),
    ),
    (Filter("part", "分类", "By", sql="t.part = :part", choices=_GROUPS, words="whatif_group"),),
    key="id", first="part", empty=("没有结果。", "There are no figures."),
)  # fmt: skip


@cache
def _people(area: str) -> Table:
    return Table(
        "considered", "试算涉及人员", "People of a what-if", _COUNTED,
        (
            PERSON,
            Column("town", "镇", "Town", "place", sort="t.town"),
            Column("was", "现行结果", "Outcome now", sort="t.was", said=_outcome),
            Column("becomes", "拟改结果", "Outcome considered", sort="t.becomes", said=_outcome),
            Column("now_fen", "现行", "Now", "fen", sort="t.now_fen"),
            Column("considered_fen", "拟改", "Considered", "fen", sort="t.considered_fen"),
            Column("difference", "变化", "Difference", "fen", sort="t.difference"),
        ),
        (of_town(area),), key="id", first="-difference", empty=("没有这样的人员。", "There is nobody."),
    )  # fmt: skip
