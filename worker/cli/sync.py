"""``levy sync``: one round of the scheduled work, now."""

from __future__ import annotations

import click
from rich.console import Console

from config.settings import load_settings
from worker.app import nudge
from worker.asked_round import TICKS, RoundRefused, begin_round, do_round
from worker.cli.who import who
from worker.wiring import build_house


@click.command(
    "sync", help="Do one round now: intake, assess and push, payments, pay-outs, statements. Workers must run."
)
@click.option("--only", multiple=True, type=click.Choice(TICKS), help="Only this scheduled work; may be repeated.")
@click.option("--timeout", default=600.0, show_default=True, help="Seconds to wait for a part of the round.")
@click.option("--by", help="Who asks for it; kept in the audit log. Else the user of this machine.")
def command(only: tuple[str, ...], timeout: float, by: str | None) -> None:
    """Run the round and say how long it took."""
    console, house = Console(), build_house(load_settings())
    try:
        begun = begin_round(house, who(house.engine, by, "jobs.intervene"), only)
    except RoundRefused as refused:
        raise click.ClickException(str(refused)) from None
    took = do_round(house, nudge, begun, timeout)
    console.print(
        f"The round of {begun.today} is done: {took:.2f} s. `levy status` says how things stand.", highlight=False
    )
