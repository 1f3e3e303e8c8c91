"""``levy policy show``: which notice governs, and what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from policies.load import load_notices
from policies.portrait import portrait
from policies.resolution import governing
from worker.cli.policy.paper import JSON, LANG, LOCAL, Page, find_notice, locals_by_area, print_json, refuse_strangers

_AREA = re.compile(r"[1-9][0-9]{5}")


@click.command("show")
@click.argument("area_or_notice")
@click.argument("year", type=int, required=False)
@LOCAL
@LANG
@JSON
def command(area_or_notice: str, year: int | None, local_files: tuple[Path, ...], lang: str, as_json: bool) -> None:
    """Show what governs AREA in YEAR, and why; or one notice by its name.

    AREA is a six-digit code such as 220106. Nothing is carried over from another year.
    """
    found = None
    if year is not None:
        if not _AREA.fullmatch(area_or_notice):
            raise click.ClickException(f"{area_or_notice!r} is no six-digit area code such as 220106")
        found = governing(load_notices(), area_or_notice, year)
        notice = found.notice
    elif _AREA.fullmatch(area_or_notice):
        raise click.ClickException(f"name the insured year too: levy policy show {area_or_notice} YEAR")
    else:
        notice = find_notice(area_or_notice)
    refuse_strangers(local_files, (notice,))
    by_area = locals_by_area(local_files, notice)
    local = by_area.get(area_or_notice) if found else next(iter(by_area.values()), None)
    if found and by_area and local is None:
        raise click.ClickException(f"the local parameters speak for {', '.join(by_area)}, not for {area_or_notice}")
    shown = portrait(notice, local, found)
    if as_json:
        print_json(shown)
    else:
        _print(shown, Page(lang))


def _print(shown: dict[str, Any], page: Page) -> None:
    page.line(f"{shown['notice']}  {page.of(shown['title'])}", style="bold")
    page.line(f"{shown['document_number']}  {shown['period_first']} – {shown['period_last']}")
    page.line(f"{page.words('适用地区', 'areas')} {' '.join(shown['areas'])}")
    if shown["resolution"]:
        page.heading("为何适用", "Why it governs")
        for reason in shown["resolution"]["why"]:
            page.line(page.of(reason), 2)
        for level in shown["resolution"]["levels"]:
            names = ", ".join(level["notices"]) or page.words("无", "none")
            page.line(f"{page.of(level['level'])} {level['prefix']}: {names}", 4)
    _print_parameters(shown["local_parameters"], page)
    for clause in shown["clauses"]:
        page.heading(clause["clause"], clause["clause"])
        for rule in clause["rules"]:
            _print_rule(rule, page)
    page.heading("读法", "Readings")
    for reading in shown["readings"]:
        settled = reading["status"] == "settled"
        status = "" if settled else page.words("（待确认）", " (to be confirmed)")
        page.line(f"{reading['id']}{status} {page.of(reading['text'])}", 2)


def _print_parameters(parameters: list[dict[str, Any]], page: Page) -> None:
    if not parameters:
        return
    page.heading("由当地确定", "Left to the locality")
    for one in parameters:
        state = str(one["value"]) if one["set"] else page.words("未设定", "not set")
        bounds = " ".join(f"{name} {_bound(value)}" for name, value in one["bounds"].items())
        page.line(f"{one['name']} = {state}  [{'、'.join(one['clauses'])}] {bounds}".rstrip(), 2)


def _bound(value: Any) -> str:
    return "/".join(value) if isinstance(value, list) else str(value)


def _print_rule(rule: dict[str, Any], page: Page) -> None:
    also = rule["clauses"][1:]
    beside = page.words(f"（另据{'、'.join(also)}）", f" (also {', '.join(also)})") if also else ""
    page.line(f"{rule['id']}: {page.of(rule['summary'])}{beside}", 2)
    notes = list(dict.fromkeys(figure[page.lang] for figure in rule["figures"]))
    if rule["readings"]:
        notes.append(f"[{', '.join(rule['readings'])}]")
    if notes:
        page.line("; ".join(notes), 6)
