"""Showing a report: tables on a terminal, CSV and JSON for others."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from policies.money import yuan
from policies.vocabulary import name_en, name_zh
from worker.report.figures import Report, Town

_TOWN_COLUMNS = (
    ("计划 planned", "planned"),
    ("登记 enrolled", "enrolled"),
    ("已缴 paid", "paid"),
    ("参保率 %", "rate"),
    ("代缴 sponsored", "sponsored"),
    ("免缴 free", "free"),
    ("退回 rejected", "rejected"),
    ("待定 open", "undetermined"),
    ("个人缴费 yuan paid", "paid_fen"),
    ("代缴 yuan sponsored", "sponsored_fen"),
    ("资助 yuan assisted", "assisted_fen"),
)
_STAGES = {
    "files": "write the bureau's files",
    "neighbours": "the neighbours live their days",
    "intake": "intake",
    "assess": "assess and push to tax",
    "sponsor": "sponsor, payments, results",
    "disburse": "disburse and reconcile",
    "report": "check and report",
}


def total(report: Report) -> Town:
    """All towns together."""
    sums = {name: sum(getattr(town, name) for town in report.towns) for _, name in _TOWN_COLUMNS if name != "rate"}
    return Town(report.area, f"{report.area_name} 合计", **sums)


def show(report: Report, console: Console) -> None:
    """Print the report."""
    console.print()
    console.print(_towns(report))
    console.print()
    console.print(_funds(report))
    console.print()
    _counts(report, console)
    _proofs(report, console)
    if report.stages:
        console.print()
        console.print(_times(report))


def _towns(report: Report) -> Table:
    table = Table(title=f"{report.area_name} {report.insured_year} 城乡居民医保参保缴费 (目标 goal {report.goal}%)")
    table.add_column("镇 town")
    for heading, _ in _TOWN_COLUMNS:
        table.add_column(heading, justify="right", overflow="fold")
    for town in report.towns:
        table.add_row(town.name, *(_cell(town, name, report.goal) for _, name in _TOWN_COLUMNS))
    table.add_section()
    whole = total(report)
    table.add_row(whole.name, *(_cell(whole, name, report.goal) for _, name in _TOWN_COLUMNS), style="bold")
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
    table = Table(title="资助资金 by funding source (yuan)")
    table.add_column("来源 source")
    table.add_column("人次 people", justify="right")
    columns = ("sponsored", "granted", "paid_out", "under_way", "held")
    for heading in ("代缴 sponsored", "缴后资助 granted", "已发放 paid out", "在途 under way", "待更正 held"):
        table.add_column(heading, justify="right")
    for fund in report.funds:
        source = fund["source"]
        name = f"{name_zh(source)} {name_en(source)}"
        table.add_row(name, f"{fund['people']:,}", *(yuan(fund[column]) for column in columns))
    table.add_section()
    sums = (yuan(sum(fund[column] for fund in report.funds)) for column in columns)
    table.add_row("合计 total", f"{sum(fund['people'] for fund in report.funds):,}", *sums, style="bold")
    return table


def _counts(report: Report, console: Console) -> None:
    counts = report.counts
    lines = [
        f"Files: {counts['files_taken']} taken in, {counts['files_refused']} refused whole (none of ours);"
        f" {counts['rows_quarantined']:,} rows are quarantined: `levy quarantine list`.",
        f"Tax refused {counts['dues_rejected']:,} dues; {counts['dues_void']:,} were withdrawn when they ran out.",
        f"Payments: {counts['payments']:,} ({yuan(counts['payments_fen'])} yuan), compared with"
        f" {counts['statement_lines']:,} lines of {counts['statements']:,} daily statements:"
        f" {counts['breaks_open']:,} breaks are open: `levy breaks`.",
        f"The bank returned {counts['payouts_returned']:,} pay-outs; {counts['assistance_held']:,} are held until their"
        " account is corrected: `levy held`.",
        f"Jobs: {counts['jobs_done']:,} done, {counts['jobs_not_done']:,} parked, rejected or unknown: `levy jobs`.",
    ]
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def _proofs(report: Report, console: Console) -> None:
    for problem in report.ledger_problems[:20]:
        console.print(f"[red]Ledger: {problem}[/red]")
    if not report.ledger_problems:
        console.print("[green]Ledger: dues, payments, assistance and accounts agree to the fen.[/green]")
    for flaw in report.audit_flaws[:20]:
        console.print(f"[red]Audit: {flaw}[/red]")
    if not report.audit_flaws:
        console.print(f"[green]Audit: all {report.audit_events:,} events stand in an unbroken chain.[/green]")


def _times(report: Report) -> Table:
    table = Table("stage", title="时间 time by stage", box=None)
    table.add_column("seconds", justify="right")
    for stage, seconds in report.stages.items():
        table.add_row(_STAGES.get(stage, stage), f"{seconds:.1f}")
    table.add_section()
    table.add_row("all", f"{sum(report.stages.values()):.1f}", style="bold")
    return table


def write_csv(report: Report, path: Path) -> None:
    """Write the towns as CSV (UTF-8 with BOM, so that a spreadsheet reads the Chinese); amounts in yuan."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["code", "镇 town", *(heading for heading, _ in _TOWN_COLUMNS)])
        for town in (*report.towns, total(report)):
            writer.writerow([town.code, town.name, *(_plain(town, name) for _, name in _TOWN_COLUMNS)])


def _plain(town: Town, name: str) -> Any:
    value = getattr(town, name)
    return yuan(value) if name.endswith("_fen") else value


def write_json(report: Report, path: Path) -> None:
    """Write everything as JSON; amounts in fen."""
    path.write_bytes(orjson.dumps(report.as_dict() | {"total": vars(total(report))}, option=orjson.OPT_INDENT_2))
