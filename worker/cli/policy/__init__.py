"""``levy policy``: the notices themselves. Each command lives in a module of its name."""

from __future__ import annotations

import click

from worker.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "verify": "Prove notices against their official texts, both ways.",
}


@click.command("policy", cls=LazyGroup, package=__name__, helps=COMMANDS)
def command() -> None:
    """Show a notice, prove it against its official text, compare it, try a change, write a new one."""
