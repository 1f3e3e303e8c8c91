"""``levy sync``: one round of the scheduled work, now."""

from __future__ import annotations

import click
from rich.console import Console

from config.settings import load_settings
from worker.app import nudge
from worker.rounds import Patience, run_round
from worker.wiring import build_house

_IDLE_SECONDS = 15.0


@click.command(
    "sync", help="Do one round now: intake, assess and push, payments, pay-outs, statements. Workers must run."
)
@click.option("--timeout", default=600.0, show_default=True, help="Seconds to wait for a part of the round.")
def command(timeout: float) -> None:
    """Run the round and say how long each part took."""
    console, house = Console(), build_house(load_settings())
    today = house.clock.today()
    took = run_round(
        house.engine, nudge, house.settings.area, today, timeout_seconds=timeout, patience=Patience(_IDLE_SECONDS)
    )
    console.print(f"The round of {today} is done: {took:.2f} s. `levy status` says how things stand.", highlight=False)
