"""``levy reconcile``: compare days once more."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import click

from config.logging import configure_logging
from config.settings import load_settings
from worker.audit.log import Event, Origin
from worker.jobs.queue import enqueue
from worker.reconciliation.calling import booked_lines, call_for
from worker.reconciliation.sides import SIDES
from worker.wiring import build_house

_DAY = click.DateTime(["%Y-%m-%d"])
_LONGEST = 1000


@click.command(
    "reconcile",
    help="Compare DAY, or the days from DAY to another, with the statements of tax and treasury once more. It changes"
    " nothing but breaks: those that are gone vanish, those that are back open again.",
)
@click.argument("day", type=_DAY)
@click.option("--to", "last", type=_DAY, metavar="DAY", help="The last day; DAY alone without it.")
@click.option("--side", type=click.Choice(sorted(SIDES)), help="Only this side; both without it.")
def command(day: datetime, last: datetime | None, side: str | None) -> None:
    """Call for the jobs."""
    configure_logging("reconcile", level="warning")
    house = build_house(load_settings())
    today, first, final = house.clock.today(), day.date(), (last or day).date()
    if final < first:
        raise click.UsageError(f"--to {final} is before {first}.")
    if final >= today:
        raise click.UsageError(
            f"{final} is not over: the last day that can be compared is {today - timedelta(days=1)}."
        )
    days = [first + timedelta(days=at) for at in range((final - first).days + 1)]
    if len(days) > _LONGEST:
        raise click.UsageError(f"{len(days)} days are too many at once: at most {_LONGEST}.")
    sides = [SIDES[side]] if side else list(SIDES.values())
    mark, area = uuid4().hex[:12], house.law.area
    with house.engine.begin() as connection:
        lines = [(one, booked_lines(connection, one, area, days)) for one in sides]
        jobs = [job for one, booked in lines for job in call_for(area, one, mark, today, booked)]
        called = enqueue(connection, jobs)
        facts = {"first": first, "last": final, "sides": [one.name for one in sides], "jobs": len(called)}
        origin = Origin(f"clerk:{getpass.getuser()}", area, today)
        house.audit.record(connection, origin, [Event("statement.called", None, facts)], house.clock.now())
    nudge_workers(called)
    which = f"{len(days)} {'day' if len(days) == 1 else 'days'} of {' and '.join(one.name for one in sides)}"
    click.echo(f"{which} will be compared by {len(called)} jobs once workers run: `levy jobs`, then `levy breaks`.")


def nudge_workers(jobs: Sequence[int]) -> None:
    """Tell the workers that these jobs are due."""
    from worker.app import nudge  # noqa: PLC0415 - opens the broker, which a call that is refused does not need

    nudge(jobs)
