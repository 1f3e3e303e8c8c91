"""The season's figures as tables of their own: by town, money by state, by funding source; from what was last read."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import Column, Filter, Row, Table
from worker.console.visit import Visit

_OF = "FROM season_summary s CROSS JOIN LATERAL jsonb_to_recordset(s.body->'{part}') AS r({columns})"
_WHERE = "WHERE s.area = :area AND s.insured_year = :year"
_NONE = (
    "还没有统计数字：打开总览后片刻即有。",
    "No figures yet: they are there a moment after the overview was opened.",
)


def _count(key: str, zh: str, en: str, link: str | Callable[[Row], str | None] | None = None) -> Column:
    return Column(key, zh, en, "count", sort=f"t.{key}", link=link, needs="dues.see" if link else None)


def _fen(key: str, zh: str, en: str, link: str | Callable[[Row], str | None] | None = None) -> Column:
    return Column(key, zh, en, "fen", sort=f"t.{key}", link=link, needs="dues.see" if link else None)


def _statement(part: str, columns: str) -> str:
    return f"SELECT r.* {_OF.format(part=part, columns=columns)} {_WHERE}"


def _where(row: Row) -> str | None:
    """Where the rows of a sum are seen."""
    page = {"due": "/dues", "assistance": "/assistance", "refund": "/refunds"}[row["what"]]
    return f"{page}?state={row['state'] if page != '/refunds' else ''}"


TOWNS = Table(
    "towns", "各镇参保缴费进度", "Progress by town",
    _statement(
        "towns",
        "code text, name text, planned int, enrolled int, paid int, outside_plan int, free int, rejected int,"
        " unpaid int, rate text, paid_fen bigint, sponsored_fen bigint, netted_fen bigint, assisted_fen bigint",
    ),
    (
        Column("code", "代码", "Code", sort="t.code"),
        Column("name", "镇", "Town", sort="t.name", link="/dues?town={code}", needs="dues.see"),
        _count("planned", "计划", "Planned"),
        _count("enrolled", "登记", "Enrolled", "/dues?town={code}"),
        _count("paid", "已缴", "Paid", "/dues?town={code}&state=paid"),
        _count("unpaid", "未缴", "Unpaid", "/dues?town={code}&state=accepted"),
        _count("free", "免缴", "Free"),
        _count("outside_plan", "计划外", "Not planned"),
        _count("rejected", "被拒", "Refused", "/dues?town={code}&state=rejected"),
        Column("rate", "参保率 %", "Rate %", "rate", sort="coalesce(t.rate::numeric, 0)"),
        _fen("paid_fen", "个人已缴", "By people", "/dues?town={code}&state=paid&payer=person"),
        _fen("sponsored_fen", "部门代缴", "By sponsors"),
        _fen("netted_fen", "征收时减免", "Netted", "/assistance?town={code}&timing=at_levy"),
        _fen("assisted_fen", "缴后资助", "After payment", "/assistance?town={code}&timing=after_payment"),
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
    "SELECT *, what || ' ' || state AS id FROM ("
    + _statement("money", "what text, state text, items bigint, asked bigint, paid bigint")
    + ") AS m",
    (
        Column("what", "项目", "What", "word", words="money", sort="t.what"),
        Column("state", "状态", "State", "word", words="state", sort="t.state"),
        _count("items", "笔数", "Items", _where),
        _fen("asked", "金额", "Amount", _where),
        _fen("paid", "已到账或已付", "Paid", _where),
    ),
    (Filter("what", "项目", "What", sql="t.what = :what", choices=("due", "assistance", "refund"), words="money"),),
    key="id", first="what", empty=_NONE,
)  # fmt: skip
SOURCES = Table(
    "sources", "资助资金来源", "By funding source",
    _statement(
        "funds",
        "source text, people bigint, sponsored bigint, netted bigint, granted bigint, paid_out bigint,"
        " under_way bigint, held bigint",
    ),
    (
        Column("source", "来源", "Source", "word", words="law", sort="t.source", link="/assistance?source={source}",
               needs="dues.see"),
        _count("people", "人次", "People", "/assistance?source={source}"),
        _fen("sponsored", "代缴", "Paid for people", "/dues?payer={source}"),
        _fen("netted", "征收时减免", "Netted at the levy", "/assistance?source={source}&timing=at_levy"),
        _fen("granted", "缴后资助", "Granted", "/assistance?source={source}&timing=after_payment"),
        _fen("paid_out", "已发放", "Paid out", "/assistance?source={source}&state=paid"),
        _fen("under_way", "在途", "Under way", "/assistance?source={source}&state=ordered"),
        _fen("held", "待更正或待下达", "Held or to be ordered", "/assistance?source={source}&state=held"),
    ),
    (), key="source", first="source", empty=_NONE,
)  # fmt: skip


def page_of(table: Table) -> Callable[[Visit], Response]:
    """The page of one of these tables."""

    def show(visit: Visit) -> Response:
        values = {"area": visit.house.law.area, "year": visit.house.law.insured_year}
        return show_table(visit, table, "list", values)

    show.__doc__ = f"The figures: {table.en}."
    return show
