"""The season's figures as tables of their own: by town, money by state, by funding source; from what was last read."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from starlette.responses import Response

from config.areas import load_areas
from policies.vocabulary import SOURCES
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import GIVEN, Column, Filter, Row, Table
from worker.console.visit import Visit
from worker.console.words import Words
from worker.report.figures import planned_for

_OF = "FROM season_summary s CROSS JOIN LATERAL jsonb_to_recordset(s.body->'{part}') AS r({columns})"
_WHERE = "WHERE s.area = :area AND s.insured_year = :year"
_NONE = (
    "还没有统计数字：打开总览后片刻即有。",
    "No figures yet: they are there a moment after the overview was opened.",
)


def _count(key: str, zh: str, en: str, link: str | None = None) -> Column:
    return Column(key, zh, en, "count", sort=f"t.{key}", link=link, needs="dues.see" if link else None)


def _fen(key: str, zh: str, en: str, link: str | None = None) -> Column:
    return Column(key, zh, en, "fen", sort=f"t.{key}", link=link, needs="dues.see" if link else None)


def _statement(part: str, columns: str) -> str:
    return f"SELECT r.* {_OF.format(part=part, columns=columns)} {_WHERE}"


PAGES_OF = {
    "due": "/dues?current=with_money&state=",
    "assistance": "/assistance?state=",
    "refund": "/refunds/parts?state=",
}
"""Where what is summed by state is listed one by one."""


def _where(row: Row) -> str | None:
    return f"{PAGES_OF[row['what']]}{row['state']}"


def _act(row: Row) -> str:
    return "refund.see" if row["what"] == "refund" else "dues.see"


def _state(of: str, words: Words) -> str:
    what, state = of.split()
    return words.value("assistance_state" if what == "assistance" else "state", state)


def _of(stands: str = "") -> str:
    return "/enrolments?town={code}" + (f"&stands={stands}" if stands else "")


TOWNS = Table(
    "towns", "各镇参保缴费进度", "Progress by town",
    _statement(
        "towns",
        "code text, name text, planned int, enrolled int, paid int, outside_plan int, free int, rejected int,"
        " unpaid int, rate text, paid_fen bigint, sponsored_fen bigint, netted_fen bigint, assisted_fen bigint",
    ),
    (
        Column("code", "代码", "Code", sort="t.code"),
        Column("name", "镇", "Town", sort="t.name", link=_of(), needs="dues.see"),
        Column("planned", "计划", "Planned", "count", sort="t.planned", link="/figures/plan?town={code}"),
        _count("enrolled", "登记", "Enrolled", _of()),
        _count("paid", "已缴", "Paid", _of("paid")),
        _count("unpaid", "未缴", "Unpaid", _of("unpaid")),
        _count("free", "免缴", "Free", _of("free")),
        _count("outside_plan", "计划外", "Not planned", _of("outside")),
        _count("rejected", "被拒", "Refused", _of("rejected")),
        Column("rate", "参保率 %", "Rate %", "rate", sort="coalesce(t.rate::numeric, 0)", link=_of("paid"),
               needs="dues.see"),
        _fen("paid_fen", "个人已缴", "By people", "/dues?town={code}&payer=person&received=0.01"),
        _fen("sponsored_fen", "部门代缴", "By sponsors",
             "/dues?town={code}&payer=departments&received=0.01"),
        _fen("netted_fen", "征收时减免", "Netted", "/assistance?town={code}&timing=at_levy&state=in_force"),
        _fen("assisted_fen", "缴后资助", "After payment",
             "/assistance?town={code}&timing=after_payment&state=in_force"),
    ),
    (Filter("name", "镇名含", "Town has", sql="strpos(t.name, :name) > 0"),),
    key="code", first="code", empty=_NONE,
    note=(
        "按人统计：登记 = 已缴 + 计划外 + 免缴 + 被拒 + 未缴。"
        "计划外是由部门全额代缴、不计入计划任务的人，已缴和参保率都不含他们；金额则含所有人。",
        "People: enrolled = paid + not planned + free + refused + unpaid. Those not planned are paid for in full by a"
        " department that the plan leaves out: neither paid nor the rate has them; the amounts have everybody's.",
    ),
)  # fmt: skip
MONEY = Table(
    "money", "资金状态", "Money by state",
    "SELECT *, what || ' ' || state AS id, what || ' ' || state AS stands FROM ("
    + _statement("money", "what text, state text, items bigint, asked bigint, paid bigint")
    + ") AS m",
    (
        Column("what", "项目", "What", "word", words="money", sort="t.what"),
        Column("stands", "状态", "State", said=_state, sort="t.state"),
        Column("items", "笔数", "Items", "count", sort="t.items", link=_where, needs=_act),
        Column("asked", "金额", "Amount", "fen", sort="t.asked", link=_where, needs=_act),
        Column("paid", "已到账或已付", "Paid", "fen", sort="t.paid", link=_where, needs=_act),
    ),
    (Filter("what", "项目", "What", sql="t.what = :what", choices=("due", "assistance", "refund"), words="money"),),
    key="id", first="what", empty=_NONE,
)  # fmt: skip
BY_SOURCE = Table(
    "sources", "资助资金来源", "By funding source",
    _statement(
        "funds",
        "source text, levied bigint, given bigint, sponsored bigint, netted bigint, granted bigint, paid_out bigint,"
        " under_way bigint, held bigint",
    ),
    (
        Column("source", "来源", "Source", "word", words="law", sort="t.source", link="/assistance?source={source}",
               needs="dues.see"),
        _count("levied", "代缴人次", "Paid for", "/dues?payer={source}&state=paid"),
        _fen("sponsored", "代缴", "Paid for people", "/dues?payer={source}&state=paid"),
        _count("given", "资助人次", "Assisted", "/assistance?source={source}&state=in_force"),
        _fen("netted", "征收时减免", "Netted at the levy", "/assistance?source={source}&timing=at_levy&state=in_force"),
        _fen("granted", "缴后资助", "Granted", "/assistance?source={source}&timing=after_payment&state=in_force"),
        _fen("paid_out", "已发放", "Paid out", "/assistance?source={source}&state=paid"),
        _fen("under_way", "在途", "Under way", "/assistance?source={source}&state=ordered"),
        _fen("held", "待更正或待下达", "Held or to be ordered", "/assistance?source={source}&state=to_order"),
    ),
    (Filter("of", "来源", "Source", sql="t.source = :of", choices=SOURCES, words="law"),),
    key="source", first="source", empty=_NONE,
)  # fmt: skip

PLAN = Table(
    "plan", "各镇计划任务", "Plan by town", GIVEN.format("code text, name text, planned int, goal int, notice text"),
    (
        Column("code", "代码", "Code", sort="t.code"),
        Column("name", "镇", "Town", sort="t.name"),
        Column("planned", "计划参保", "Residents planned", "count", sort="t.planned"),
        Column("goal", "参保率目标 %", "Goal %", "count", sort="coalesce(t.goal, 0)"),
        Column("notice", "依据", "By", sort="t.notice", link="/policies/{notice}", needs="policy.see"),
    ),
    (Filter("town", "镇代码", "Town code", sql="t.code = :town"),), key="code", first="code",
    empty=("没有计划任务。", "There is no plan."),
    note=(
        "计划数登记在 config/areas.yaml，出自通知所附计划表；按比例试运行时同比例缩小。",
        "The plan is kept in config/areas.yaml, from the table annexed to the notice; a season played in part has its"
        " part of it.",
    ),
)  # fmt: skip


def show_plan(visit: Visit) -> Response:
    """How many residents each town is to enrol."""
    law, planned = visit.house.law, planned_for(visit.house.settings)
    area, year = load_areas()[law.area], law.insured_year
    rows = [
        {"code": town.code, "name": town.name, "planned": planned.get(town.code, 0),
         "goal": area.enrolment_goal.get(year), "notice": law.notice}
        for town in area.towns
    ]  # fmt: skip
    return show_table(visit, PLAN, "list", {"rows": orjson.dumps(rows).decode()})


def page_of(table: Table) -> Callable[[Visit], Response]:
    """The page of one of these tables."""

    def show(visit: Visit) -> Response:
        values = {"area": visit.house.law.area, "year": visit.house.law.insured_year}
        return show_table(visit, table, "list", values)

    show.__doc__ = f"The figures: {table.en}."
    return show
