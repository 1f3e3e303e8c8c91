"""What is held or owed back, list by list, as ``levy held`` has it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from worker.console.acting import clerk, reason_of
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import Column, Filter, Table
from worker.console.visit import Visit, Wrong
from worker.console.words import words_of
from worker.dues.release import refused_among, release
from worker.report.held import LISTS

_MOST = 200
_PLACE = "coalesce(t.\"{}\"::text, '')"
_COLUMNS = {
    "assistance": Column("assistance", "资助", "Assistance", sort="t.assistance"),
    "due": Column("due", "应缴", "Due", sort="t.due"),
    "case": Column("case", "退费案件", "Refund", link="/refunds/{case}", needs="refund.see"),
    "claim": Column("claim", "跨区案件", "Case", link="/handoffs/{claim}", needs="handoff.see"),
    "id": Column("id", "编号", "Row", sort="t.id"),
    "person_no": Column("person_no", "人员编号", "Person", link="/people/{person_id}", needs="case.read"),
    "category": Column("category", "身份", "Category", "word", words="law"),
    "payer": Column("payer", "缴费人", "Payer", "word", words="payer"),
    "source": Column("source", "资金来源", "Source", "word", words="law"),
    "yuan": Column("yuan", "金额", "Amount", "fen", sort="coalesce(t.yuan, 0)"),
    "state": Column("state", "状态", "State", "word", words="state"),
    "reason": Column("reason", "事由", "Reason", "said"),
    "asked_by": Column("asked_by", "申请人", "Asked by"),
    "route": Column("route", "途径", "Route", "said"),
    "because": Column("because", "原因", "Because", "said"),
    "closed_because": Column("closed_because", "终止原因", "Closed because", "said"),
    "decision": Column("decision", "决定", "Decision", said=lambda told, words: words.half(told)),
    "deadline": Column("deadline", "截止日期", "Deadline", "date", sort="t.deadline"),
    "revoked_on": Column("revoked_on", "身份终止", "Ended on"),
    "feed": Column("feed", "来源", "Feed"),
    "came": Column("recorded_at", "收到时间", "Came", "time", sort="t.recorded_at"),
}


def _table(name: str) -> Table:
    found = LISTS[name]
    columns = [one if one.sort else replace(one, sort=_PLACE.format(key)) for key, one in _columns(name)]
    if name == "rows":
        columns.append(Column("job", "作业", "Job", sort="t.job", link="/jobs/{job}", needs="jobs.see"))
    zh, en = (words_of(language).value("held", name) for language in ("zh", "en"))
    person = Filter("person", "人员编号", "Person", sql="t.person_no = :person")
    return Table(
        f"held-{name}", zh, en, found.sql, columns, (person,) if "person_no" in found.columns else (),
        key="key", first=columns[0].key, empty=(words_of("zh")("none_held"), found.none),
    )  # fmt: skip


def _columns(name: str) -> list[tuple[str, Column]]:
    return [(key, _COLUMNS[key]) for key in LISTS[name].columns]


TABLES = {name: _table(name) for name in LISTS}


def show(visit: Visit) -> Response:
    """One of the lists, and links to the others."""
    return _show(visit, str(visit.request.path_params["what"]))


def show_first(visit: Visit) -> Response:
    """The list that the command begins with."""
    return visit.go("/held/assistance")


def let_go(visit: Visit) -> Response:
    """Release dues that departments refused, for a reason that is kept: first a look at which."""
    house, name = visit.house, str(visit.request.path_params["what"])
    if name != "sponsors":
        raise Wrong(404, visit.words("no_such_page"))
    ids, why = list(visit.form.get("due") or ()), reason_of(visit)
    if not ids or len(ids) > _MOST or not all(one.isascii() and one.isdecimal() and len(one) < 19 for one in ids):
        raise Wrong(422, visit.words("nothing_chosen"))
    with house.engine.begin() as connection:
        dues = refused_among(connection, [int(one) for one in ids])
        sure = "-".join(str(due.id) for due in dues)
        if not dues or visit.given("sure") != sure:
            changed, told = bool(visit.given("sure")) or not dues, Counter(due.payer for due in dues)
            total = sum(due.amount for due in dues)
            plan = {"dues": dues, "by_payer": told.most_common(), "total": total, "reason": why, "sure": sure}
            return _show(visit, name, 409 if changed else 200, plan=plan | {"changed": changed})
        release(connection, house.audit, clerk(visit), [due.id for due in dues], why, house.clock.now())
    return visit.go(f"/held/{name}")


def _show(visit: Visit, name: str, status: int = 200, plan: dict[str, Any] | None = None) -> Response:
    if name not in TABLES:
        raise Wrong(404, visit.words("no_such_page"))
    tabs = [(f"/held/{one}", table.title(visit.language)) for one, table in TABLES.items()]
    releases = name == "sponsors" and plan is None and visit.operator.may("dues.release")
    asks = name in ("reclaim", "twice") and visit.operator.may("clawback.book")
    reviews = name == "asked" and visit.operator.may("clawback.review")
    home = f"/held/{name}"
    return show_table(
        visit, TABLES[name], "held", None, status, home, tabs=tabs, plan=plan, releases=releases, asks=asks,
        reviews=reviews,
    )  # fmt: skip
