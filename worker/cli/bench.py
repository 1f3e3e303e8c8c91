"""``levy bench``: how fast a season is, end to end and by stage, beside one task per person."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from worker.bench.measure import Measured, measure

_ONE_BY_ONE = {"batch": 1, "payments_page": 1}


@click.command("bench", help="Measure a season end to end and by stage, beside one Celery task per person on a sample.")
@click.option("--share", default=1.0, show_default=True, help="Part of the county for the main run.")
@click.option("--sample", default=0.01, show_default=True, help="Part of the county that is also run person by person.")
def command(share: float, sample: float) -> None:
    """Run the seasons one after the other and print what was measured."""
    console = Console()
    county = measure(share, {})
    tenth = measure(share / 10, {})
    batched = measure(sample, {})
    single = measure(sample, _ONE_BY_ONE)
    runs = {
        f"{share:g} of the county": county,
        f"{share / 10:g}": tenth,
        f"{sample:g}": batched,
        f"{sample:g}, one by one": single,
    }
    console.print(_table(runs))
    console.print(
        "Stages: people a second of one worker's time. One by one: a task and a request for each person.\n",
        highlight=False,
    )
    _memory(console, county)
    console.print(
        f"On the same {single.people:,} people, batches take {batched.seconds:.1f} s and one task per person"
        f" {single.seconds:.1f} s; per person, the county in batches is"
        f" {county.per_second / single.per_second:.0f} times as fast as one task per person.",
        soft_wrap=True,
        highlight=False,
    )


def _table(runs: dict[str, Measured]) -> Table:
    table = Table("", box=None, title="A season, from files on disk to reconciled", title_justify="left")
    for name in runs:
        table.add_column(name, justify="right")
    table.add_row("people", *(f"{run.people:,}" for run in runs.values()))
    table.add_row("seconds", *(f"{run.seconds:.1f}" for run in runs.values()))
    table.add_row("people a second", *(f"{run.per_second:,.0f}" for run in runs.values()), end_section=True)
    for stage in next(iter(runs.values())).stages:
        table.add_row(f"  {stage}", *(f"{run.people / run.stages[stage]:,.0f}" for run in runs.values()))
    return table


def _memory(console: Console, run: Measured) -> None:
    table = Table("", box=None, title="Peak memory of a process, whole run", title_justify="left")
    table.add_column("MiB", justify="right")
    for name, mib in sorted(run.peak_mib.items(), key=lambda item: -item[1]):
        table.add_row(name, str(mib))
    console.print(table)
