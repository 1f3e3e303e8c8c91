"""``levy reconcile``: compare days once more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from config.logging import configure_logging
from config.settings import load_settings
from worker.audit.log import Origin
from worker.cli.who import who
from worker.reconciliation.again import NotComparable, compare_again
from worker.reconciliation.sides import SIDES
from worker.wiring import build_house

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command(
    "reconcile",
    help="Compare DAY, or the days from DAY to another, with the statements of tax and treasury once more. It changes"
    " nothing but breaks: those that are gone vanish, those that are back open again.",
)
@click.argument("day", type=_DAY)
@click.option("--to", "last", type=_DAY, metavar="DAY", help="The last day; DAY alone without it.")
@click.option("--side", type=click.Choice(sorted(SIDES)), help="Only this side; both without it.")
@click.option("--by", help="Who asks; else the user of this machine.")
def command(day: datetime, last: datetime | None, side: str | None, by: str | None) -> None:
    """Call for the jobs."""
    configure_logging("reconcile", level="warning")
    house = build_house(load_settings())
    first, final = day.date(), (last or day).date()
    sides = [SIDES[side]] if side else list(SIDES.values())
    origin = Origin(f"clerk:{who(house.engine, by, 'breaks.own')}", house.law.area, house.clock.today())
    try:
        with house.engine.begin() as connection:
            called = compare_again(connection, house.audit, origin, sides, first, final, house.clock.now())
    except NotComparable as error:
        raise click.UsageError(f"{error}.") from None
    nudge_workers(called)
    days = (final - first).days + 1
    which = f"{days} {'day' if days == 1 else 'days'} of {' and '.join(one.name for one in sides)}"
    click.echo(f"{which} will be compared by {len(called)} jobs once workers run: `levy jobs`, then `levy breaks`.")


def nudge_workers(jobs: Sequence[int]) -> None:
    """Tell the workers that these jobs are due."""
    from worker.app import nudge  # noqa: PLC0415 - opens the broker, which a call that is refused does not need

    nudge(jobs)
