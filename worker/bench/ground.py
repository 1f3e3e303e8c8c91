"""The ground of a measured stretch of work: an installation of its own, both neighbours, and processes that work."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from config.logging import configure_logging
from config.settings import load_settings
from worker.database.engine import migrate
from worker.house import House
from worker.jobs.run import Runner
from worker.season.neighbours import Neighbours
from worker.servers import Servers
from worker.service import Simulation, neighbour_ports, neighbours
from worker.supervisor import Supervisor
from worker.ticks import tick_now
from worker.wiring import build_house, build_runner

DAY = date(2020, 9, 1)
"""The day on which the neighbours open their books."""
PROCESSES = 2


@dataclass
class Ground:
    """A house, its neighbours, and processes that do its jobs without a broker in between."""

    house: House
    neighbours: Neighbours
    hands: ProcessPoolExecutor

    def tick(self, name: str, day: date) -> int:
        """Do this scheduled work and all that it calls for; returns how many SQL statements it took."""
        jobs = tick_now(self.house.engine, [name], f"bench-{day}", day, self.house.law.area)
        statements = 0
        while jobs:
            done = list(self.hands.map(_work, jobs))
            statements += sum(count for count, _ in done)
            jobs = [job for _, called_for in done for job in called_for]
        return statements


@contextmanager
def ground(directory: Path | None = None) -> Iterator[Ground]:
    """An installation that is gone when the block ends; nothing of the caller's own is touched."""
    with tempfile.TemporaryDirectory(prefix="levy-bench-", dir=directory) as place:
        home = Path(place) / "home"
        home.mkdir(mode=0o700)
        servers = Servers(home)
        environment = {"LEVY_HOME": str(home)}
        try:
            servers.ensure(follow=True)
            ports = neighbour_ports(home)
            settings = load_settings(environment)
            house = build_house(settings, environment)
            migrate(house.engine)
            clean = {name: value for name, value in os.environ.items() if not name.startswith("LEVY_")}
            simulation = Simulation(seed=2021, today=DAY, settings={})
            spawned = multiprocessing.get_context("spawn")
            with (
                Supervisor(neighbours(home, ports, simulation), servers),
                ProcessPoolExecutor(PROCESSES, spawned, _open, (clean | environment,)) as hands,
            ):
                yield Ground(house, Neighbours(settings, environment), hands)
            house.engine.dispose()
        finally:
            servers.stop()


class _Counted:
    """How many statements this process has sent, COPY among them."""

    count = 0

    def __init__(self) -> None:
        copy = psycopg.Cursor.copy

        def counted(cursor: Any, *args: Any, **named: Any) -> Any:
            self.count += 1
            return copy(cursor, *args, **named)

        psycopg.Cursor.copy = counted  # type: ignore[method-assign, assignment]
        event.listen(Engine, "before_cursor_execute", self._note)

    def _note(self, *_: object) -> None:
        self.count += 1


_counted: _Counted
_runner: Runner
_called_for: list[int] = []


def _open(environment: dict[str, str]) -> None:
    global _counted, _runner
    os.environ.clear()
    os.environ.update(environment)
    configure_logging("bench", level="error")
    house = build_house(load_settings())
    _counted = _Counted()
    _runner = build_runner(house, _note)


def _note(job_ids: Sequence[int]) -> None:
    _called_for.extend(job_ids)


def _work(job: int) -> tuple[int, Sequence[int]]:
    """Do a job; returns how many statements it took, and the jobs that it calls for."""
    before = _counted.count
    _called_for.clear()
    _runner.run(job)
    return _counted.count - before, list(_called_for)
