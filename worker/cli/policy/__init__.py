"""``levy policy``: the notices themselves. Each command lives in a module of its name."""

from __future__ import annotations

import click

from worker.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "show": "Which notice governs an area in a year, and what it says, clause by clause.",
    "new": "Write a new notice file with a blank for everything that its text must say.",
    "check": "Say what a notice file still lacks, and try every rule of it on people at its boundaries.",
    "verify": "Prove notices against their official texts, both ways.",
    "open": "Readings that wait for an office's word, with the money and people that hang on each.",
    "diff": "Compare two notices: in rules, and over a roster in people and money.",
    "whatif": "Try a change of a notice that is only considered, over a roster.",
    "schema": "Print the JSON Schema of notice files or local files, for editors.",
}


@click.command("policy", cls=LazyGroup, package=__name__, helps=COMMANDS)
def command() -> None:
    """Show a notice, prove it against its official text, compare it, try a change, write a new one."""
