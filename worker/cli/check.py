"""``levy check``: the books against each other, and the audit chain."""

from __future__ import annotations

import sys

import click

from config.settings import load_settings
from worker.check import check_all
from worker.cli.listing import open_database
from worker.foreign_text import plain
from worker.keys import load_keys


@click.command("check", help="Check dues, payments, assistance, accounts and the audit chain; exits 1 if one is off.")
def command() -> None:
    """Run every check and say what each found."""
    failed = False
    with open_database().connect() as connection:
        for checked in check_all(connection, load_keys(load_settings())):
            failed |= bool(checked.problems)
            click.echo(f"{'FAILS' if checked.problems else 'holds'}  {checked.says}")
            for problem in checked.problems:
                click.echo(f"       {plain(problem)}")
    sys.exit(1 if failed else 0)
