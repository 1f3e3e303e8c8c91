"""``levy policy whatif``: a change that is only considered, in rules, people and money."""

from __future__ import annotations

from pathlib import Path

import click

from policies.change.impact import impact
from policies.change.proposal import LOCAL as LOCAL_SETTING
from policies.change.proposal import proposed, proposed_local, setting_of
from policies.change.report import impact_report, rules_report
from policies.change.rules import rule_changes
from worker.cli.policy.differences import print_impact, print_rules
from worker.cli.policy.paper import JSON, LANG, LOCAL, Page, find_notice, locals_by_area, print_json, refuse_strangers
from worker.cli.policy.rosters import make_roster, roster_options


@click.command("whatif")
@click.argument("name", metavar="NOTICE")
@click.option("--set", "wanted", multiple=True, required=True, metavar="RULE.FIELD=VALUE", help="Repeatable.")
@roster_options("100000")
@LOCAL
@LANG
@JSON
def command(
    name: str,
    wanted: tuple[str, ...],
    roster: str,
    seed: int,
    areas: tuple[str, ...],
    local_files: tuple[Path, ...],
    lang: str,
    as_json: bool,
) -> None:
    """Try a change of NOTICE: its fields as the notice file calls them, amounts in fen or with 元 behind.

    Examples: --set assist-130.amount=15000, --set window.when.paid.last=2022-01-31, --set local.late_payers=standard.
    The change is checked like a notice file; nothing is written.
    """
    before = find_notice(name)
    refuse_strangers(local_files, (before,))
    settings = [setting_of(one) for one in wanted]
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
    if as_json:
        print_json({"notice": before.notice, "set": list(wanted), "rules": changes, "impact": found})
        return
    page = Page(lang)
    page.line(f"{before.notice}  {'  '.join(wanted)}", style="bold")
    print_rules(changes, page)
    print_impact(found, (page.words("现行", "now"), page.words("拟改", "considered")), page)
