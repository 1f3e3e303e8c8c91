"""``levy doctor``: what is wrong with this installation, and what to do; exit 1 when something is."""

from __future__ import annotations

import click

from config.settings import load_settings
from worker.doctor import examine
from worker.report.screen import json_line, shown


@click.command("doctor", help="Say what is wrong with this installation, and what to do. Starts and changes nothing.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
def command(as_json: bool) -> None:
    """Print each finding; those that need something come with what to do."""
    findings = examine(load_settings())
    for found in findings:
        if as_json:
            click.echo(json_line({**vars(found), "well": found.well}))
        elif found.well:
            click.echo(f"  {found.check}: {shown(found.says)}")
        else:
            click.echo(f"! {found.check}: {shown(found.says)}\n    {shown(found.do)}")
    if wrong := sum(not found.well for found in findings):
        if not as_json:
            click.echo(f"{wrong} to be mended.")
        raise click.exceptions.Exit(1)
