"""``levy policy diff``: what differs between two notices, in rules, people and money."""

from __future__ import annotations

from pathlib import Path

import click

from policies.change.impact import impact
from policies.change.report import fields_report, impact_report, rules_report
from policies.change.rules import document_changes, rule_changes
from worker.cli.policy.differences import print_document, print_impact, print_rules
from worker.cli.policy.paper import JSON, LANG, LOCAL, Page, find_notice, locals_by_area, print_json, refuse_strangers
from worker.cli.policy.rosters import make_roster, roster_options


@click.command("diff")
@click.argument("a")
@click.argument("b")
@roster_options(None)
@LOCAL
@LANG
@JSON
def command(
    a: str,
    b: str,
    roster: str | None,
    seed: int,
    areas: tuple[str, ...],
    local_files: tuple[Path, ...],
    lang: str,
    as_json: bool,
) -> None:
    """Compare notice A with notice B (names, or paths of .yaml files), rule by rule.

    With --roster also in people and money: the same people, each asked under both. A local file completes whichever
    notice it names.
    """
    before, after = find_notice(a), find_notice(b)
    changes = rules_report(rule_changes(before, after))
    beside = fields_report(document_changes(before, after))
    names = {"a": before.notice, "b": after.notice}
    document: dict[str, object] = {**names, "rules": changes, "beside": beside, "impact": None}
    found = None
    if roster is not None:
        refuse_strangers(local_files, (before, after))
        local_a, local_b = locals_by_area(local_files, before), locals_by_area(local_files, after)
        people = make_roster(roster, seed, areas, before, (after,), local_a or local_b)
        found = document["impact"] = impact_report(before, after, impact(people, before, after, local_a, local_b))
    if as_json:
        print_json(document)
        return
    page = Page(lang)
    page.line(f"{before.notice} → {after.notice}", style="bold")
    print_rules(changes, page)
    print_document(beside, page)
    if found is not None:
        sides = (before.notice, after.notice) if before.notice != after.notice else ("A", "B")
        print_impact(found, sides, page)
