"""A change on paper: its rules, and tables of people and money before and after."""

from __future__ import annotations

from typing import Any

from policies.change.report import row_name
from policies.money import yuan
from worker.cli.policy.paper import Page

_CHANGES = {
    "added": ("新增", "added"),
    "removed": ("删除", "removed"),
    "changed": ("修改", "changed"),
    "renamed": ("改名", "renamed"),
    "moved": ("次序改变", "moved"),
}
_NATURES = {
    "amount": ("金额", "amount"),
    "date": ("日期", "date"),
    "condition": ("条件", "condition"),
    "effect": ("效果", "effect"),
    "clause": ("条款", "clause"),
    "reading": ("读法", "reading"),
    "words": ("表述", "wording"),
    "source": ("出处数字", "figures of the source"),
}
_QUIET = ("words", "source")
"""What is counted but not told field by field: it decides nothing."""
_GROUPS = (
    (
        "clause",
        "按条款（计入规则的首个条款，各按其通知编号）",
        "By clause (under the first clause of its rule, each notice's own numbering)",
    ),
    ("category", "按身份", "By category"),
    ("source", "按资金来源", "By funding source"),
)


def print_rules(changes: list[dict[str, Any]], page: Page) -> None:
    """Every rule that differs, with the fields that decide something."""
    page.heading("规则", "Rules")
    if not changes:
        page.line(page.words("没有差别", "no difference"), 2)
    for one in changes:
        natures = ", ".join(page.words(*_NATURES[nature]) for nature in one["natures"])
        called = f" ← {one['was_called']}" if one["was_called"] else ""
        head = f"{page.words(*_CHANGES[one['change']])} {one['rule']}{called} [{'、'.join(one['clauses'])}]"
        page.line(f"{head}{': ' + natures if natures else ': ' + page.of(one['summary'])}", 2)
        for part in one["fields"]:
            if part["nature"] not in _QUIET:
                was, now = (part["shown"][page.lang][side] or "–" for side in ("before", "after"))
                page.line(f"{part['path']}: {was} → {now}", 6)


def print_document(fields: list[dict[str, Any]], page: Page) -> None:
    """What differs outside of the rules."""
    if fields:
        page.heading("规则之外", "Outside of the rules")
    for part in fields:
        was, now = (part["shown"][page.lang][side] or "–" for side in ("before", "after"))
        page.line(f"{part['path']}: {was} → {now}", 2)


def print_impact(found: dict[str, Any], names: tuple[str, str], page: Page) -> None:
    """People and money of the roster before, after, and the difference in yuan."""
    page.heading(f"名册 {found['people']} 人", f"A roster of {found['people']} people")
    if found["years"][0] != found["years"][1]:
        page.line(
            page.words(
                "同样的人：出生、认定、缴费等日期整年平移；缴费期未开的等到开始之日",
                "the same kind of people: all days moved by whole years; who would pay before the window waits for it",
            ),
            2,
        )
    page.line(page.words(f"结果有变化 {found['affected']} 人", f"{found['affected']} people are affected"), 2)
    for key, zh, en in (("pay_more", "个人多负担", "bear more"), ("pay_less", "个人少负担", "bear less")):
        part = found[key]
        page.line(
            page.words(
                f"{zh} {part['people']} 人，共 {yuan(part['fen'])} 元",
                f"{part['people']} people {en}, {yuan(part['fen'])} yuan in all",
            ),
            2,
        )
    page.line(
        page.words(
            f"负担不变 {found['pay_same']} 人；仅一方征收 {found['levied_once']} 人；"
            f"前后有未确定的 {found['uncertain']} 人；待遇起始日变化 {found['cover_changed']} 人",
            f"{found['pay_same']} bear the same; {found['levied_once']} are levied under one of the two only; "
            f"{found['uncertain']} are undetermined before or after; "
            f"cover starts on another day for {found['cover_changed']}",
        ),
        2,
    )
    page.heading("结果（人）", "Outcomes (people)")
    page.table([_head(names, page, people=True), *(_people_row(row, page) for row in found["outcomes"])])
    for move in found["moves"]:
        was, now = (row_name("outcomes", move[side], page.lang) for side in ("from", "to"))
        page.line(f"{was} → {now}: {move['people']}", 4)
    page.heading("金额（元）", "Money (yuan)")
    page.table([_head(names, page), *(_money_row("money", row, page) for row in found["money"])])
    for group, zh, en in _GROUPS:
        if found[group]:
            page.heading(zh, en)
            page.table([_head(names, page), *(_money_row(group, row, page) for row in found[group])])


def _head(names: tuple[str, str], page: Page, people: bool = False) -> tuple[str, ...]:
    unit = () if people else (page.words("人数变化", "people ±"),)
    return ("", *names, page.words("变化", "difference"), *unit)


def _people_row(row: dict[str, Any], page: Page) -> tuple[str, ...]:
    was, now, change = (row[side]["people"] for side in ("before", "after", "difference"))
    return row_name("outcomes", row["name"], page.lang), str(was), str(now), f"{change:+d}"


def _money_row(group: str, row: dict[str, Any], page: Page) -> tuple[str, ...]:
    was, now, change = (row[side]["fen"] for side in ("before", "after", "difference"))
    sign = "+" if change > 0 else ""
    name = row_name(group, row["name"], page.lang)
    return name, yuan(was), yuan(now), f"{sign}{yuan(change)}", f"{row['difference']['people']:+d}"
