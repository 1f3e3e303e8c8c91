"""``levy console``: the pages for people, until a signal."""

from __future__ import annotations

import click


@click.command("console", help="Serve the console for people until a signal; `levy up` does it too (docs/console.md).")
def command() -> None:
    """Listen as the settings' `console` says."""
    from worker.console.process import run  # noqa: PLC0415 - as the door: only whoever serves needs a web server

    run()
