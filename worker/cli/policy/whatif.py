"""``levy policy whatif``: a change that is only considered, in rules, people and money."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policies.change.impact import impact
from policies.change.proposal import LOCAL as LOCAL_SETTING
from policies.change.proposal import Setting, proposed, proposed_local, setting_of
from policies.change.report import impact_report, rules_report
from policies.change.rules import rule_changes
from policies.notice import Notice
from worker.cli.policy.differences import print_impact, print_rules
from worker.cli.policy.paper import JSON, LANG, LOCAL, Page, find_notice, locals_by_area, print_json, refuse_strangers
from worker.cli.policy.rosters import CURRENT, make_roster, roster_options

if TYPE_CHECKING:
    from worker.report.whatif import Considered


@click.command("whatif")
@click.argument("name", metavar="NOTICE")
@click.option("--set", "wanted", multiple=True, required=True, metavar="RULE.FIELD=VALUE", help="Repeatable.")
@roster_options("100000")
@LOCAL
@LANG
@JSON
@click.option("--by", help="With --roster current: who asks. Else the user of this machine.")
def command(
    name: str,
    wanted: tuple[str, ...],
    roster: str,
    seed: int,
    areas: tuple[str, ...],
    local_files: tuple[Path, ...],
    lang: str,
    as_json: bool,
    by: str | None,
) -> None:
    """Try a change of NOTICE: its fields as the notice file calls them, amounts in fen or with 元 behind.

    Examples: --set assist-130.amount=15000, --set window.when.paid.last=2022-01-31, --set local.late_payers=standard.
    The change is checked like a notice file; nothing is written. --roster current asks everybody who is enrolled in
    this installation, with its own local parameters.
    """
    before = find_notice(name)
    refuse_strangers(local_files, (before,))
    settings = [setting_of(one) for one in wanted]
    if roster == CURRENT:
        if areas or local_files:
            raise click.UsageError("--roster current goes by this installation's own area and local parameters.")
        told = _over_current(before, settings, by)
        _print(before, wanted, told.rules, told.found, lang, as_json)
        return
    after = proposed(before, settings)
    local = locals_by_area(local_files, before)
    people = make_roster(roster, seed, areas, before, (after,), local)
    considered = {**local}
    if any(one.rule == LOCAL_SETTING for one in settings):
        for area in sorted(set(people.pooling_area.tolist())):
            changed = proposed_local(before, local.get(str(area)), str(area), settings)
            if changed is not None:
                considered[str(area)] = changed
    changes = rules_report(rule_changes(before, after))
    found = impact_report(before, after, impact(people, before, after, local, considered))
    _print(before, wanted, changes, found, lang, as_json)


def _over_current(before: Notice, settings: list[Setting], by: str | None) -> Considered:
    # Only who asks a roster of the database waits for all of the service.
    from config.settings import load_settings  # noqa: PLC0415
    from worker.cli.who import who  # noqa: PLC0415
    from worker.report.whatif import NotConsidered, consider  # noqa: PLC0415
    from worker.wiring import build_house  # noqa: PLC0415

    house = build_house(load_settings())
    if before.notice != house.law.notice:
        raise click.ClickException(f"this installation levies by {house.law.notice}, not by {before.notice}")
    who(house.engine, by, "policy.try")
    try:
        return consider(house.engine, house.law, house.clock.today(), settings)
    except NotConsidered as error:
        raise click.ClickException(str(error)) from None


def _print(
    before: Notice,
    wanted: tuple[str, ...],
    changes: list[dict[str, Any]],
    found: dict[str, Any],
    lang: str,
    as_json: bool,
) -> None:
    if as_json:
        print_json({"notice": before.notice, "set": list(wanted), "rules": changes, "impact": found})
        return
    page = Page(lang)
    page.line(f"{before.notice}  {'  '.join(wanted)}", style="bold")
    print_rules(changes, page)
    print_impact(found, (page.words("现行", "now"), page.words("拟改", "considered")), page)
