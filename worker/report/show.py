"""Showing a report: tables on a terminal, CSV and JSON for others."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import orjson
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from policies.money import yuan
from policies.vocabulary import name_en, name_zh
from worker.report.afterwards import afterwards_told
from worker.report.breaks import BUCKETS
from worker.report.claims import claims_table, deductions_told
from worker.report.figures import Report, Town
from worker.report.handoffs import handoffs_table
from worker.report.screen import shown

_PEOPLE = (
    ("计划", "planned", "planned"),
    ("登记", "enrolled", "enrolled"),
    ("已缴", "paid", "paid"),
    ("计划外", "outside\nplan", "outside_plan"),
    ("免缴", "free", "free"),
    ("退回", "rejected", "rejected"),
    ("未缴", "unpaid", "unpaid"),
    ("参保率", "rate %", "rate"),
    ("代缴", "spon-\nsored", "sponsored"),
)
_LEGEND = (
    "登记 enrolled = 已缴 paid + 计划外 outside plan + 免缴 free + 退回 rejected",
    "              + 未缴 unpaid. 参保率 rate = 已缴 paid / 计划 planned.",
    "计划外 outside plan: paid for, but not counted in the plan. 代缴 sponsored:",
    "how many of 已缴 and 计划外 a department paid for. 减征 assisted at the levy:",
    "the tax counter asked for so much less; 免缴 free: nothing was left to pay.",
)
_MONEY = (
    ("个人缴费", "paid by\npersons", "paid_fen"),
    ("部门代缴", "paid by\nsponsors", "sponsored_fen"),
    ("减征", "assisted\nat the levy", "netted_fen"),
    ("缴后资助", "granted\nafter payment", "assisted_fen"),
)
_BETWEEN = (("转办", "cases\nbetween areas", "handoffs"), ("在途", "in transit", "in_transit_fen"))
_TOWN_COLUMNS = _PEOPLE + _MONEY + _BETWEEN
_STAGES = {
    "intake": "intake 收入",
    "assess": "assess 核定",
    "push": "push to tax, void 传税务",
    "sponsor": "sponsor payments 代缴",
    "payments": "payments 到账",
    "disburse": "disburse, bank results 发放",
    "refunds": "refunds, duplicates 退费",
    "reconcile": "reconcile 对账",
    "funds": "statements of claim 请款",
}


def total(report: Report) -> Town:
    """All towns together."""
    names = [name for _, _, name in _TOWN_COLUMNS if name != "rate"]
    sums = {name: sum(getattr(town, name) for town in report.towns) for name in names}
    return Town(report.area, f"{report.area_name}合计", **sums)


def show(report: Report, console: Console) -> None:
    """Print the report, in 80 columns."""
    title = f"{report.area_name} {report.insured_year} 年度城乡居民医保"
    console.print()
    console.print(_towns(report, f"{title} · persons (goal {report.goal} % of plan)", _PEOPLE))
    for line in _LEGEND:
        console.print(f"[dim]{line}[/dim]", soft_wrap=True, highlight=False)
    console.print()
    console.print(_towns(report, f"{title} · yuan", _MONEY))
    console.print()
    console.print(_funds(report))
    console.print()
    if report.claims:
        console.print(claims_table(report.claims))
        console.print()
    if report.handoffs:
        console.print(handoffs_table(report.handoffs))
        console.print()
    _counts(report, console)
    _proofs(report, console)
    if report.breaks:
        console.print()
        console.print(_breaks(report))
    if report.stages:
        console.print()
        console.print(_times(report))


def _towns(report: Report, title: str, columns: tuple[tuple[str, str, str], ...]) -> Table:
    whole = total(report)
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column("镇\ntown", no_wrap=True, min_width=max(cell_len(town.name) for town in report.towns or [whole]))
    for chinese, english, _ in columns:
        table.add_column(f"{chinese}\n{english}", justify="right", no_wrap=True, vertical="top")
    for town in report.towns:
        table.add_row(town.name, *(_cell(town, name, report.goal) for _, _, name in columns))
    table.add_section()
    table.add_row("合计", *(_cell(whole, name, report.goal) for _, _, name in columns), style="bold")
    return table


def _cell(town: Town, name: str, goal: int) -> str:
    value = getattr(town, name)
    if name == "rate":
        if value is None:
            return "-"
        reached = town.paid * 100 >= goal * town.planned
        return f"[green]{value}[/green]" if reached else f"[yellow]{value}[/yellow]"
    return yuan(value) if name.endswith("_fen") else f"{value:,}"


def _funds(report: Report) -> Table:
    table = Table(
        "来源\nsource",
        title="资助资金 · by funding source, yuan",
        box=box.SIMPLE_HEAD,
        padding=0,
        show_edge=False,
    )
    table.add_column("人次\npeople", justify="right")
    columns = ("at_levy", "granted", "paid_out", "under_way", "held")
    for heading in ("代缴、减征\nat levy", "缴后资助\ngranted", "已发放\npaid out", "在途\nunder way", "待更正\nheld"):
        table.add_column(heading, justify="right", no_wrap=True)
    funds = [fund | {"at_levy": fund["sponsored"] + fund["netted"]} for fund in report.funds]
    for fund in funds:
        name = f"{shown(name_zh(fund['source']))}\n[dim]{shown(name_en(fund['source']))}[/dim]"
        table.add_row(name, f"{fund['people']:,}", *(yuan(fund[column]) for column in columns))
    table.add_section()
    sums = (yuan(sum(fund[column] for fund in funds)) for column in columns)
    table.add_row("合计", f"{sum(fund['people'] for fund in report.funds):,}", *sums, style="bold")
    return table


def _counts(report: Report, console: Console) -> None:
    counts = report.counts
    lines = [
        f"Files: {counts['files_taken']} taken in, {counts['files_refused']} refused whole (none of ours);"
        f" {counts['rows_quarantined']:,} rows are quarantined: `levy quarantine list`.",
        f"Tax refused {counts['dues_rejected']:,} dues; {counts['dues_void']:,} were withdrawn when they ran out.",
        f"Payments: {counts['payments']:,} ({yuan(counts['payments_fen'])} yuan), compared with"
        f" {counts['statement_lines']:,} lines of {counts['statements']:,} daily statements of tax; pay-outs with"
        f" {counts['treasury_lines']:,} lines of {counts['treasury_statements']:,} of the treasury;"
        f" {counts['months_compared']:,} months in total: {_breaks_said(report)}.",
        f"The bank returned {counts['payouts_returned']:,} pay-outs; {counts['assistance_held']:,} are held until their"
        " account is corrected: `levy held`.",
        *afterwards_told(counts),
        deductions_told(report.deductions),
        *_refunds(report),
        f"Covers: {counts['covers_held']:,} held until assistance is repaid (`levy clawback list`),"
        f" {counts['covers_suspended']:,} suspended; {counts['enrolments_closed']:,} enrolments closed:"
        " `levy duplicates list`.",
        f"Jobs: {counts['jobs_done']:,} done, {counts['jobs_stuck']:,} parked or unknown: `levy jobs`.",
    ]
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def _breaks_said(report: Report) -> str:
    ended = "".join(f", {number:,} {state}" for state, number in report.breaks_ended.items())
    return f"{report.counts['breaks_open']:,} breaks are open{ended}: `levy breaks`"


def _breaks(report: Report) -> Table:
    table = Table(
        "side", "kind", title="对账差异 · open breaks by age in days", box=box.SIMPLE_HEAD, padding=0, show_edge=False
    )
    for heading in ("open", *BUCKETS, "oldest", "nobody's"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in report.breaks:
        figures = (row["open"], *row["ages"].values(), row["oldest"], row["unowned"])
        table.add_row(row["side"], row["kind"], *(f"{figure:,}" for figure in figures))
    return table


def _refunds(report: Report) -> list[str]:
    """What was asked back and given back, by reason, and how many are enrolled twice."""
    refunds = report.refunds
    by_reason = ", ".join(f"{shown(one['reason'])} {one['cases']:,} ({yuan(one['refunded_fen'])})" for one in refunds)
    cases, refunded = (sum(one[name] for one in refunds) for name in ("cases", "refunded"))
    held, fen = sum(one["held"] for one in refunds), sum(one["refunded_fen"] for one in refunds)
    rejected = sum(one["rejected"] for one in refunds)
    by_state: dict[str, int] = {}
    for one in report.duplicates:
        stands = f"{one['stands']} by {one['found_by']}"
        by_state[stands] = by_state.get(stands, 0) + one["cases"]
    twice = ", ".join(f"{shown(state)} {count:,}" for state, count in sorted(by_state.items()))
    twice += f"; by a clerk {sum(one['by_clerk'] for one in report.duplicates):,}" if twice else ""
    return [
        f"Refunds: {cases:,} cases, {refunded:,} refunded ({yuan(fen)} yuan), {held:,} held,"
        f" {rejected:,} rejected by the second review"
        + (f"; by reason: {by_reason}" if by_reason else "")
        + ": `levy refund list`.",
        f"Duplicates: {sum(by_state.values()):,} found" + (f" ({twice})" if twice else "") + ": `levy"
        " duplicates list`.",
    ]


def _proofs(report: Report, console: Console) -> None:
    for problem in report.ledger_problems[:20]:
        console.print(f"[red]Ledger: {shown(problem)}[/red]")
    if not report.ledger_problems:
        console.print("[green]Ledger: dues, payments, assistance, refunds and accounts agree to the fen.[/green]")
    for problem in report.neighbour_problems or []:
        console.print(f"[red]Neighbours: {shown(problem)}[/red]")
    if report.neighbour_problems == []:
        console.print(
            f"[green]Neighbours: the own books of tax and treasury{_peers(report)} agree with ours to the fen.[/green]"
        )
    for flaw in report.audit_flaws[:20]:
        console.print(f"[red]Audit: {shown(flaw)}[/red]")
    if not report.audit_flaws:
        console.print(f"[green]Audit: all {report.audit_events:,} events stand in an unbroken chain.[/green]")


def _peers(report: Report) -> str:
    areas = sorted({one["peer"] for one in report.handoffs})
    return f", and the cases that {shown(', '.join(areas))} holds," if areas else ""


def _times(report: Report) -> Table:
    table = Table("stage", title="时间 · time by stage", box=box.SIMPLE_HEAD)
    table.add_column("worker seconds", justify="right")
    for stage, seconds in report.stages.items():
        table.add_row(_STAGES.get(stage, stage), f"{seconds:.1f}")
    table.add_section()
    table.add_row("all", f"{sum(report.stages.values()):.1f}", style="bold")
    return table


def write_csv(report: Report, path: Path) -> None:
    """Write the towns as CSV (UTF-8 with BOM, so that a spreadsheet reads the Chinese); amounts in yuan."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["code", "镇 town", *(f"{chinese} {_one_line(english)}" for chinese, english, _ in _TOWN_COLUMNS)]
        )
        for town in (*report.towns, total(report)):
            writer.writerow([town.code, town.name, *(_plain(town, name) for _, _, name in _TOWN_COLUMNS)])


def _one_line(heading: str) -> str:
    return heading.replace("-\n", "").replace("\n", " ")


def _plain(town: Town, name: str) -> Any:
    value = getattr(town, name)
    return yuan(value) if name.endswith("_fen") else value


def write_json(report: Report, path: Path) -> None:
    """Write everything as JSON; amounts in fen."""
    path.write_bytes(orjson.dumps(report.as_dict() | {"total": vars(total(report))}, option=orjson.OPT_INDENT_2))
