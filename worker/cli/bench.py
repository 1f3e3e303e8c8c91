"""``levy bench``: a season beside the floor and beside one task per person, pay-outs, replays, and growth."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from worker.bench.chart import draw
from worker.bench.findings import Findings
from worker.bench.measure import Measured, measure
from worker.bench.payouts import pay_out
from worker.bench.replay import replay

_ONE_BY_ONE = {"batch": 1, "payments_page": 1}


@click.command(
    "bench", help="Measure seasons, the floor beside them, pay-outs and replays, and say which goals are met."
)
@click.option("--share", default=1.0, show_default=True, help="Part of the county for the main run.")
@click.option("--growth", default="0.1", show_default=True, help="Times the main run that are also played: 0.1,10.")
@click.option("--sample", default=0.01, show_default=True, help="Part of the county that is also run person by person.")
@click.option("--payouts", default=100_000, show_default=True, help="Payments to disburse.")
@click.option("--jobs", default=10_000, show_default=True, help="Parked jobs to replay.")
@click.option("--chart", type=click.Path(dir_okay=False, path_type=Path), help="Write the picture here, as SVG.")
def command(share: float, growth: str, sample: float, payouts: int, jobs: int, chart: Path | None) -> None:
    """Measure one thing after the other, so that nothing runs beside what is measured."""
    console = Console()
    found = Findings(
        county=measure(share, {}, to_floor=True),
        others=[measure(share * float(times), {}) for times in filter(None, growth.split(","))],
        batched=measure(sample, {}),
        single=measure(sample, _ONE_BY_ONE),
        paid_out=pay_out(payouts),
        replayed=replay(jobs),
    )
    console.print(_table([found.county, *found.others, found.batched, found.single]))
    console.print(
        "Stages: people a second of one worker's time. The last column: one by one, a task for each person.\n"
    )
    _memory(console, found.county)
    for sentence in found.sentences():
        console.print(sentence, soft_wrap=True, highlight=False)
    if chart:
        chart.write_text(draw(found.groups()), "utf-8")


def _table(runs: list[Measured]) -> Table:
    table = Table("", box=None, title="A season, from files on disk to reconciled", title_justify="left")
    for _ in runs:
        table.add_column("", justify="right")
    table.add_row("people", *(f"{run.people:,}" for run in runs))
    table.add_row("seconds", *(f"{run.seconds:.1f}" for run in runs))
    table.add_row("people a second", *(f"{run.per_second:,.0f}" for run in runs))
    table.add_row("largest process, MiB", *(f"{run.largest_mib:,}" for run in runs), end_section=True)
    for stage in runs[0].stages:
        table.add_row(f"  {stage}", *(f"{run.people / run.stages[stage]:,.0f}" for run in runs))
    return table


def _memory(console: Console, run: Measured) -> None:
    table = Table("", box=None, title="Peak memory of a process, whole run", title_justify="left")
    table.add_column("MiB", justify="right")
    for name, mib in sorted(run.peak_mib.items(), key=lambda item: -item[1]):
        table.add_row(name, str(mib))
    console.print(table)
