"""The notices: by area and year, one of them clause by clause, and two side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from starlette.responses import Response

from policies.change.beside import Line, beside
from policies.clause import clause_order
from policies.load import available_notices, load_notice, load_notices
from policies.notice import Notice
from policies.official.clauses import NoOfficialText, OfficialText, official_text, read_official_text
from policies.official.record import NotEncoded
from policies.portrait import portrait, told_figures
from policies.resolution import ConflictingNotices, NoNotice, Resolution, governing
from policies.rule import Rule
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import GIVEN, Column, Filter, Table
from worker.console.visit import Visit, Wrong

_KEYED = ("dues", "assistance", "assistance_terms")
NOTICES = Table(
    "notices", "政策", "Notices",
    GIVEN.format(
        "notice text, areas text[], area text, insured int, title text, document text, rules int, open int,"
        " standing text"
    ),
    (
        Column("area", "地区", "Area", sort="t.area"),
        Column("insured", "参保年度", "Year insured", sort="t.insured"),
        Column("title", "通知", "Notice", sort="t.title", link="/policies/{notice}"),
        Column("standing", "适用", "In force", sort="coalesce(t.standing, '')", said=lambda one, words: words(one)),
        Column("document", "文号", "Document no.", sort="t.document"),
        Column("rules", "规则", "Rules", "count", sort="t.rules", link="/policies/{notice}"),
        Column("open", "待确认", "To confirm", "count", sort="t.open", link="/policies/{notice}#readings"),
    ),
    (
        Filter("of_area", "地区代码", "Area code", sql=":of_area = ANY(t.areas)"),
        Filter("insured", "参保年度", "Year insured", "count", sql="t.insured = :insured"),
        Filter("has", "名称含", "Title has", sql="strpos(t.title, :has) > 0"),
    ),
    key="notice", first="area", empty=("没有通知。", "There is no notice."),
)  # fmt: skip


def show(visit: Visit) -> Response:
    """Every notice, and which of them governs an area in a year and why; ours unless others are asked for."""
    area, year = visit.asked("area") or visit.house.law.area, visit.asked("year") or str(visit.house.law.insured_year)
    found, problem = _governing(visit, area, year)
    rows = [_row(visit, one) for one in load_notices()]
    return show_table(
        visit,
        NOTICES,
        "policies",
        {"rows": orjson.dumps(rows).decode()},
        422 if problem else 200,
        names=sorted(one["notice"] for one in rows),
        asked={"area": area, "year": year},
        found=found,
        reasons=[reason.model_dump()[visit.language] for reason in found.reasons()] if found else [],
        problem=problem,
        in_force=visit.house.law.notice,
    )


def _row(visit: Visit, notice: Notice) -> dict[str, Any]:
    areas, ours = notice.areas, notice.notice == visit.house.law.notice
    more = " " + visit.words("and_more", n=len(areas) - 1) if len(areas) > 1 else ""
    return {
        "notice": notice.notice, "areas": areas, "area": areas[0] + more, "insured": notice.insured_year,
        "title": notice.title.model_dump()[visit.language], "document": notice.document_number,
        "rules": len(list(notice.rules())), "open": _to_confirm(notice), "standing": "in_force" if ours else None,
    }  # fmt: skip


def _governing(visit: Visit, area: str, year: str) -> tuple[Resolution | None, str | None]:
    if not (area.isascii() and area.isdecimal() and len(area) == 6 and year.isascii() and year.isdecimal()):
        return None, visit.words("area_and_year")
    try:
        return governing(load_notices(), area, int(year[:4])), None
    except (NoNotice, ConflictingNotices) as error:
        zh, _, en = str(error).partition(" / ")
        return None, zh if visit.language == "zh" else en


def show_notice(visit: Visit) -> Response:
    """One notice: each clause with its sentence where the official text is at hand, its rules, and the readings."""
    notice = find(visit, str(visit.request.path_params["notice"]))
    house = visit.house
    ours = notice.notice == house.law.notice
    local = house.law.in_force(house.clock.today())[1] if ours else None
    text, why_not = _text(visit, notice)
    shown = portrait(notice, local, None)
    return visit.show(
        "notice",
        notice=notice,
        shown=shown,
        ours=ours,
        why_not=why_not,
        clauses=[_clause(visit, one, text, shown, notice) for one in _clauses(notice, text, shown)],
        others=[name for name in available_notices() if name != notice.notice],
        whatif=ours and visit.operator.may("policy.try"),
        applied=not ours and visit.operator.may("policy.try"),
    )


def find(visit: Visit, name: str) -> Notice:
    """A notice that is kept. Raises ``Wrong`` for another name."""
    if name not in available_notices():
        raise Wrong(404, visit.words("no_such_notice"))
    return load_notice(name)


def _text(visit: Visit, notice: Notice) -> tuple[OfficialText, str | None]:
    folder = visit.house.settings.console.notice_texts
    if folder is None:
        return {}, visit.words("no_texts")
    try:
        return read_official_text(official_text(folder, notice.notice)), None
    except NoOfficialText as error:
        return {}, visit.words.said(str(error))


def _clauses(notice: Notice, text: OfficialText, shown: dict[str, Any]) -> list[str]:
    """Every clause that the text has or a rule cites first, in the order of the text."""
    named = {one["clause"] for one in shown["clauses"]}
    left = {clause for entry in notice.not_encoded if entry.whole for clause in entry.clauses}
    numbered = {one for one in {*named, *left, *text} if one[0] not in "题文"}
    return sorted(numbered, key=clause_order)


def _clause(visit: Visit, clause: str, text: OfficialText, shown: dict[str, Any], notice: Notice) -> dict[str, Any]:
    """A clause: its sentence, whether it is still the one that was encoded, what was made of it and left out."""
    rules: list[dict[str, Any]] = next((one["rules"] for one in shown["clauses"] if one["clause"] == clause), [])
    official, kept = text.get(clause), notice.fingerprints.get(clause)
    readings = {name for rule in rules for name in rule["readings"]}
    return {
        "clause": clause,
        "sentence": official.text if official else None,
        "changed": bool(official and kept and official.fingerprint != kept),
        "rules": rules,
        "also": [rule for rule in notice.rules() if clause in rule.clauses[1:]],
        "readings": [one for one in shown["readings"] if one["id"] in readings],
        "left": [_left(visit, entry) for entry in notice.not_encoded if clause in entry.clauses],
    }


def _left(visit: Visit, entry: NotEncoded) -> dict[str, Any]:
    return {"figures": entry.figures, "whole": entry.whole, "reason": entry.reason.model_dump()[visit.language]}


def _to_confirm(notice: Notice) -> int:
    return sum(reading.status == "to_be_confirmed" for reading in notice.readings)


def compare(visit: Visit) -> Response:
    """Two notices side by side, by topic; with ``all`` also what they say alike."""
    a, b = (find(visit, visit.asked(name) or visit.house.law.notice) for name in ("a", "b"))
    every = visit.asked("all") is not None
    topics = {topic: _rows(visit, topic, lines, every) for topic, lines in beside(a, b).items()}
    return visit.show(
        "compare", a=a, b=b, every=every, topics={name: rows for name, rows in topics.items() if rows},
        names=available_notices(), tries=visit.operator.may("policy.try"), in_force=visit.house.law.notice,
    )  # fmt: skip


def _rows(visit: Visit, topic: str, lines: Sequence[Line], every: bool) -> list[dict[str, Any]]:
    """The lines of a topic; rules that only one of the two has stand together, as no name matches them."""
    chosen = [line for line in lines if every or not line.same]
    if topic not in _KEYED:
        alone = [line for line in chosen if not (line.a and line.b)]
        both = [line for line in chosen if line.a and line.b]
        rest = Line("", tuple(r for one in alone for r in one.a), tuple(r for one in alone for r in one.b))
        chosen = [*both, rest] if alone else both
    return [
        {"key": one.key, "same": one.same, "sides": [[_rule(visit, rule) for rule in side] for side in (one.a, one.b)]}
        for one in chosen
    ]


def _rule(visit: Visit, rule: Rule) -> dict[str, Any]:
    figures = list(dict.fromkeys(one[visit.language] for one in told_figures(rule)))
    return {"summary": rule.summary.model_dump()[visit.language], "clauses": rule.clauses, "figures": figures}
