"""``levy check``: the books against each other, and the audit chain."""

from __future__ import annotations

import sys

import click

from config.settings import load_settings
from worker.audit.verify import verify
from worker.cli.listing import open_database
from worker.foreign_text import plain
from worker.keys import load_keys
from worker.ledger.check import CHECKS


@click.command("check", help="Check dues, payments, assistance, accounts and the audit chain; exits 1 if one is off.")
def command() -> None:
    """Run every check and say what each found."""
    settings, failed = load_settings(), False
    with open_database().connect() as connection:
        for check in CHECKS:
            problems = check(connection)
            failed |= bool(problems)
            click.echo(f"{'FAILS' if problems else 'holds'}  {(check.__doc__ or '').strip()}")
            for problem in problems:
                click.echo(f"       {plain(problem)}")
        events, flaws = verify(connection, load_keys(settings))
    click.echo(f"{'FAILS' if flaws else 'holds'}  The audit chain of {events:,} events is whole.")
    for flaw in flaws:
        click.echo(f"       chain {plain(flaw.chain)}, event {flaw.position}: {plain(flaw.sentence)}")
    sys.exit(1 if failed or flaws else 0)
