"""``levy policy check``: is a notice file whole, and does each of its rules ever decide anything?"""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from policies.load import available_notices, load_notice, read_notice
from policies.notice import Notice
from policies.reach import idle_rules
from policies.rulefile import RuleFileError, blanks_in
from worker.cli.policy.blank import told_blanks


@click.command()
@click.argument("notice")
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
def command(notice: str, as_json: bool) -> None:
    """Check NOTICE, a file or the name of a notice that comes with the project.

    Says what is still blank, or the first mistake with its line and field, or which rules can never decide because
    others always come before them. Exits 1 unless everything is well.
    """
    path = Path(notice)
    if notice not in available_notices() and not path.exists():
        known = ", ".join(available_notices())
        raise click.ClickException(f"there is neither a file nor a notice called {notice}; notices are {known}")
    found = None if notice in available_notices() else _unreadable(path)
    if found is None:
        read = load_notice(notice) if notice in available_notices() else read_notice(path)
        found = _idle(read)
        whole = f"{read.notice}: {len(list(read.rules()))} 条规则均能适用 / every rule decides somewhere"
    if as_json:
        click.echo(orjson.dumps({"notice": notice, "well": not found, "findings": found}).decode())
    else:
        click.echo("\n".join(found) or whole)
    if found:
        raise click.exceptions.Exit(1)


def _unreadable(path: Path) -> list[str] | None:
    """What keeps a file from being read as a notice, ``None`` when nothing does."""
    try:
        blanks = blanks_in(path)
        if blanks:
            return [f"{path}: 尚有 {len(blanks)} 处待填 / {len(blanks)} blanks to fill:", *told_blanks(blanks)]
        read_notice(path)
    except RuleFileError as error:
        return [str(error)]
    return None


def _idle(notice: Notice) -> list[str]:
    return [
        f"规则 {rule.id}（{'、'.join(rule.clauses)}）从不起作用：总有别的规则在先，或其条件无人符合"
        f" / rule {rule.id} can never decide: others always come before it, or nobody meets its condition"
        for rule in idle_rules(notice)
    ]
