"""``levy policy open``: what an office has still to confirm, as a letter to it would list it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from policies.load import load_notices
from policies.money import yuan
from policies.open_readings import Hanging, hanging, open_readings, report
from worker.cli.policy.paper import JSON, LANG, LOCAL, Page, find_notice, locals_by_area, print_json, refuse_strangers
from worker.cli.policy.rosters import make_roster, roster_options


@click.command("open")
@click.argument("name", metavar="[NOTICE]", required=False)
@roster_options(None)
@LOCAL
@LANG
@JSON
def command(
    name: str | None,
    roster: str | None,
    seed: int,
    areas: tuple[str, ...],
    local_files: tuple[Path, ...],
    lang: str,
    as_json: bool,
) -> None:
    """List the readings that are to be confirmed: the clause, the gap, our reading, what else could be meant.

    With --roster each says how many people and how much money rest on it, and what the alternative would change.
    Without NOTICE: all notices.
    """
    notices = (find_notice(name),) if name else load_notices()
    if name is None and roster is not None and not roster.isdigit():
        raise click.ClickException("name the NOTICE too: the days of a roster file belong to the year of one notice")
    refuse_strangers(local_files, notices)
    entries = []
    for notice in notices:
        found: dict[str, Hanging] = {}
        if roster is not None:
            local = locals_by_area(local_files, notice)
            chosen = tuple(area for area in areas if notice.covers(area)) if name is None else areas
            people = make_roster(roster, seed, chosen, notice, (), local)
            found = hanging(people, notice, local)
        entries += [report(one, found.get(one.reading.id)) for one in open_readings(notice)]
    if as_json:
        print_json({"open": entries})
    else:
        _print(entries, Page(lang))


def _print(entries: list[dict[str, Any]], page: Page) -> None:
    page.line(page.words(f"待确认的读法 {len(entries)} 项", f"{len(entries)} readings to be confirmed"), style="bold")
    notice = None
    for entry in entries:
        if entry["notice"] != notice:
            notice = entry["notice"]
            page.heading(f"{notice}  {entry['document_number']}", f"{notice}  {entry['document_number']}")
        page.line()
        page.line(f"{entry['reading']}  {'、'.join(entry['clauses'])}", 2, "bold")
        for key, zh, en in (
            ("gap", "空缺", "Gap"),
            ("ours", "我方读法", "Our reading"),
            ("alternative", "另一种读法", "Otherwise"),
        ):
            words = page.of(entry[key]) if entry[key] else page.words("未写", "not written")
            page.line(f"{page.words(zh, en)}{page.words('：', ': ')}{words}", 4)
        if not entry["counted"]:
            page.line(
                page.words("名册不含退费等申请，无法计数", "a roster holds no applications for refunds: not counted"), 4
            )
        elif entry["hanging"]:
            _print_hanging(entry["hanging"], page)


def _print_hanging(found: dict[str, Any], page: Page) -> None:
    def say(zh: str, en: str) -> None:
        page.line(page.words(zh, en), 4)

    people, fen = found["people"], yuan(found["fen"])
    say(f"依此决定：{people} 人，涉及 {fen} 元", f"Resting on it: {people} people, {fen} yuan")
    if found["open_people"]:
        say(
            f"未确定且与此有关：{found['open_people']} 人",
            f"Undetermined, and touched by it: {found['open_people']} people",
        )
    if found["revoked_people"]:
        ended, amount = found["revoked_people"], yuan(found["revoked_fen"])
        say(
            f"身份已终止：{ended} 人，已获资助 {amount} 元",
            f"Identities that ended: {ended} people, {amount} yuan received",
        )
    other = found["otherwise"]
    if other is None:
        say("另一种读法的差额未计算（非字段所能表达）", "The alternative is not computed: fields cannot say it")
        return
    sums = [(other[key], key) for key in ("premiums", "due", "assistance")]
    names = {"premiums": ("应征保费", "premiums"), "due": ("个人应缴", "due"), "assistance": ("资助", "assistance")}
    zh = "，".join(f"{names[key][0]}{_signed(amount)}元" for amount, key in sums)
    en = ", ".join(f"{names[key][1]} {_signed(amount)} yuan" for amount, key in sums)
    say(
        f"按另一种读法：{other['people']} 人有变化（待遇起始日 {other['cover_changed']} 人，"
        f"未确定 {other['undetermined']:+d} 人），{zh}",
        f"Read otherwise: {other['people']} people affected ({other['cover_changed']} in their cover, "
        f"{other['undetermined']:+d} undetermined), {en}",
    )


def _signed(fen: int) -> str:
    return f"+{yuan(fen)}" if fen > 0 else yuan(fen)
