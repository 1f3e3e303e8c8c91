"""``make bench-policy``: people a second through the bulk evaluator and OpenFisca-core, and whether they agree."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import psutil

from policies.compiled import compile_pools
from worker.bench.policy.compare import AS_OF, ours, theirs
from worker.bench.policy.people import draw
from worker.bench.policy.rules import local_parameters, notice


def timed(work: Callable[[], object], times: int) -> list[float]:
    """The seconds of each of several runs."""
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return seconds


@click.command("bench-policy")
@click.option("--people", "count", default=1_000_000, show_default=True, help="How many people.")
@click.option("--times", default=5, show_default=True, help="Runs of each; the median counts.")
def command(count: int, times: int) -> None:
    """Decide the same made people of ten areas with both, on one core, and compare every answer."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    people, pool, paid = draw(count)
    compiled = compile_pools(notice(), local_parameters())
    first = timed(lambda: compiled.assess(people, AS_OF, paid, pool), 1)
    again = timed(lambda: compiled.assess(people, AS_OF, paid, pool), times)
    mine = ours(compiled, compiled.assess(people, AS_OF, paid, pool))
    click.echo(f"{_machine()}; one core used; Python {platform.python_version()}, numpy {np.__version__}")
    click.echo(
        f"{count:,} people of {len(compiled.pools)} areas in no order, {len(people.flag_area):,} identity flags;"
    )
    click.echo(f"{len(compiled.cells):,} distinct answers (cells), each with the rules that decided it.")
    _tell("compiled, first time: every cell decided and explained", count, first)
    _tell("compiled, from then on", count, again)
    try:
        others, seconds = theirs(people, pool, paid, min(times, 3))
    except ImportError:
        raise click.ClickException('OpenFisca-core is not installed: pip install -e ".[bench]"') from None
    _tell("OpenFisca-core, formulas only", count, seconds)
    different = mine.differing(others)
    if len(different):
        raise click.ClickException(f"{len(different):,} people are answered differently, first row {different[0]}")
    click.echo(f"Equal for all {count:,}: outcome, due and assistance to the fen, first day of cover, referral.")
    click.echo(f"The compiled evaluator is {statistics.median(seconds) / statistics.median(again):.0f} times as fast.")


def _tell(what: str, count: int, seconds: list[float]) -> None:
    middle = statistics.median(seconds)
    click.echo(f"  {what:<56} {middle:8.3f} s  {count / middle:>12,.0f} /s")


def _machine() -> str:
    models = [line for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    name = models[0].split(":", 1)[1].strip() if models else platform.machine()
    return f"{os.cpu_count()} cores of {name}, {psutil.virtual_memory().total / 2**30:.0f} GiB"


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


if __name__ == "__main__":
    command()
