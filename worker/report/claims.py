"""What funds were asked for and have made good, as a part of a season's report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table
from sqlalchemy import Connection, text

from policies.money import yuan
from policies.vocabulary import name_en, name_zh
from worker.funds.owing import owing
from worker.report.screen import shown

COLUMNS = ("claimed", "deducted", "settled", "open", "unclaimed", "to_deduct", "owes")
_SHOWN = {
    "claimed": "已请款\nclaimed",
    "deducted": "核减\ndeducted",
    "settled": "已拨付\nsettled",
    "unclaimed": "未请款\nnot claimed",
    "owes": "尚欠\nowes",
}

_DEDUCTIONS = text(
    "SELECT s.source, l.kind, count(*) AS lines, -sum(l.amount)::bigint AS fen FROM fund_statement_line l"
    " JOIN fund_statement s ON s.id = l.statement_id WHERE l.live AND l.kind <> 'claim' AND s.area = :area"
    " AND s.insured_year = :year GROUP BY 1, 2 ORDER BY 1, 2"
)
_WHY = {"cancelled": "资助取消 cancelled", "repaid": "已追回 repaid", "refunded": "退费退回 refunded"}


def read_deductions(connection: Connection, area: str, insured_year: int) -> list[dict[str, Any]]:
    """What statements deduct, by fund and kind of line: how many lines, and fen."""
    rows = connection.execute(_DEDUCTIONS, {"area": area, "year": insured_year})
    return [dict(row._mapping) for row in rows]


def deductions_told(deductions: Sequence[Mapping[str, Any]]) -> str:
    """A line of what funds got back by a later statement, and why."""
    sums = {kind: [one for one in deductions if one["kind"] == kind] for kind in _WHY}
    told = [
        f"{name} {sum(one['lines'] for one in sums[kind]):,} ({yuan(sum(one['fen'] for one in sums[kind]))})"
        for kind, name in _WHY.items()
        if sums[kind]
    ]
    return f"Deducted from later statements of claim 核减: {', '.join(told) or 'nothing'}: `levy funds`."


def read_claims(connection: Connection, area: str, insured_year: int) -> list[dict[str, Any]]:
    """By fund, in fen: ``owes`` is what is open on statements and not claimed yet, less what is to be deducted."""
    sums: dict[str, dict[str, Any]] = {}
    for row in owing(connection, area, insured_year):
        fund = sums.setdefault(row["source"], {"source": row["source"]} | dict.fromkeys(COLUMNS, 0))
        for name in COLUMNS:
            fund[name] += row[name]
    return list(sums.values())


def claims_table(claims: Sequence[Mapping[str, Any]]) -> Table:
    """The funds and their sum, in yuan."""
    table = Table(
        "来源\nsource", title="请款与拨付 · statements of claim, yuan: `levy funds`", box=box.SIMPLE_HEAD, padding=0,
        show_edge=False,
    )  # fmt: skip
    for heading in _SHOWN.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for fund in claims:
        name = f"{shown(name_zh(fund['source']))}\n[dim]{shown(name_en(fund['source']))}[/dim]"
        table.add_row(name, *(yuan(fund[column]) for column in _SHOWN))
    table.add_section()
    table.add_row("合计", *(yuan(sum(fund[column] for fund in claims)) for column in _SHOWN), style="bold")
    return table
