"""Where storms are played: one home, whose servers stay from storm to storm, with everything else anew for each."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import redis
import yaml
from sqlalchemy import Engine, text

from config.settings import load_settings
from tests.storm.line import lines
from tests.storm.lives import read_lives
from tests.storm.weather import STRANGE, Weather, draw, tax_faults
from worker.cli.season import _PACE
from worker.database.engine import migrate, open_engine
from worker.nudging import client, tell
from worker.report.figures import read_report
from worker.rounds import run_round
from worker.season.books import compare_books
from worker.season.conduct import again, conduct
from worker.season.desk import Desk
from worker.season.finance import FinanceBureau
from worker.season.ground import clear_neighbours, write_files
from worker.season.neighbours import Neighbours
from worker.season.place import choose_place
from worker.servers import Servers
from worker.service import Simulation, engine_room, neighbour_ports
from worker.service import neighbours as neighbour_children
from worker.supervisor import Child, Event, Supervisor
from worker.wiring import build_house

SEED = 2021
LINE_FAULTS = 8
"""Of each line in one storm, at most."""
_DISK = 1500
"""MiB of a disk of its own, where this may be mounted."""
_PACE_OF_STORMS = _PACE | {"lease_seconds": 4, "nudge_grace_seconds": 3}
"""Leases short enough that a process stopped for longer comes back during the season."""
_START_SECONDS = 240.0
"""How long a process may take to start on a machine that is busy with others."""
DAYS = tuple(
    map(date.fromisoformat, ("2020-09-01", "2020-09-16", "2020-11-01", "2020-12-16", "2021-01-01", "2021-02-01"))
)
"""A season in six rounds: the window and its last day, the first of the year when decisions turn, and a month after."""
CALM = tuple(map(date.fromisoformat, ("2021-03-01", "2021-04-01")))
"""No blow is meant for these: what a storm made late in its last rounds, as a premium asked for anew, comes now."""


@dataclass(frozen=True)
class Season:
    """What a season left: its report, the seconds it took, and what struck it."""

    report: dict[str, Any]
    seconds: float
    blows: list[str]
    lines: dict[str, int]
    tax: dict[str, int]
    trouble: list[str]
    lives: Counter[str]

    @property
    def money(self) -> dict[str, Any]:
        """Everything in the report that is persons or fen and does not depend on which tick came first."""
        granted = ("source", "sponsored", "netted", "granted")
        return {
            "towns": self.report["towns"],
            "quarantine": self.report["quarantine"],
            "payments_fen": self.report["counts"]["payments_fen"],
            "funds": [{name: fund[name] for name in granted} for fund in self.report["funds"]],
        }


class Place:
    """A home with its servers and the bureau's files of a season; ``share``: the part of the county that takes part."""

    def __init__(self, directory: Path, share: float) -> None:
        self.disk = _disk(directory)
        home = (self.disk or directory) / "home"
        self.servers = Servers(home)
        self.servers.ensure(follow=True)
        self.place = choose_place(None, None, None, load_settings({"LEVY_HOME": str(home)}))
        pace = home / "pace.yaml"
        pace.write_text(yaml.safe_dump(_PACE_OF_STORMS), "utf-8")
        self._environment = {
            "LEVY_HOME": str(home), "LEVY_CONFIG": str(pace), "LEVY_AREA": self.place.area.code,
            "LEVY_INSURED_YEAR": str(self.place.insured_year),
        }  # fmt: skip
        self.settings = load_settings(self._environment)
        self._script = write_files(self.settings.drop, self.place, SEED, share)

    def close(self) -> None:
        """Stop the servers and give back the disk."""
        self.servers.stop()
        if self.disk:
            subprocess.run(["umount", "--lazy", str(self.disk)], check=True)

    def quiet(self) -> Season:
        """The season without a storm."""
        return self._play(None)

    def storm(self, seed: int) -> Season:
        """The season under the storm of this seed."""
        return self._play(seed)

    def _play(self, seed: int | None) -> Season:
        begun, home = time.monotonic(), self.settings.home
        engine = open_engine(self.servers.ensure(follow=True).database)
        self._clear(engine)
        ports = neighbour_ports(home)
        tax = home / "tax-settings.json"
        faults = tax_faults(seed) if seed is not None else []
        tax.write_text(json.dumps({"payers": dict(self.place.payers()), "faults": faults}))
        simulation = Simulation(SEED, self._script.drops[0], {"tax": tax})
        trouble: list[str] = []
        weather = Weather(self.servers, self.disk, [] if seed is None else draw(seed, len(DAYS), self.disk is not None))

        def tell_of(event: Event) -> None:
            if event.what in ("ended", "killed", "trouble"):
                trouble.append(f"{time.monotonic() - begun:.1f} {event.name}: {event.what} {event.detail[:300]}")

        with lines(ports, seed or 0, 0 if seed is None else LINE_FAULTS) as between:
            environment = self._environment | {
                f"LEVY_{name.upper()}_URL": f"http://127.0.0.1:{line.port}" for name, line in between.items()
            }
            direct = load_settings(
                environment | {f"LEVY_{name.upper()}_URL": f"http://127.0.0.1:{port}" for name, port in ports.items()}
            )
            children = [*neighbour_children(home, ports, simulation), *_workers(self.settings, environment, seed)]
            children = [replace(child, ready_seconds=_START_SECONDS) for child in children]
            with Supervisor(children, self.servers, tell_of) as supervisor, _blowing(weather, supervisor):
                self._conduct(engine, direct, weather)
                report, struck = again(self._report, engine, direct)
        with engine.connect() as connection:
            lives = read_lives(connection)
        engine.dispose()
        counts = {f"{name}: {kind}": n for name, line in between.items() for kind, n in line.struck.items()}
        return Season(report, time.monotonic() - begun, weather.told, counts, struck, trouble, lives)

    def _conduct(self, engine: Engine, direct: Any, weather: Weather) -> None:
        house = build_house(direct)
        broker = client(self.servers.urls().broker)
        neighbours = Neighbours(direct)
        desk = Desk(house, SEED, neighbours)
        evening = (desk.work, FinanceBureau(house, SEED).pay)

        def nudge(jobs: Sequence[int]) -> None:
            tell(broker, jobs)

        conduct(
            engine, nudge, self.place, self._script, neighbours, weather.day,
            evening, (*DAYS, *CALM), morning=(desk.ring_up,),
        )  # fmt: skip
        while not weather.over.is_set():
            weather.day()
            again(run_round, engine, nudge, self.place.area.code, CALM[-1])
        again(run_round, engine, nudge, self.place.area.code, CALM[-1])
        house.engine.dispose()
        broker.close()

    def _report(self, engine: Engine, direct: Any) -> tuple[dict[str, Any], dict[str, int]]:
        planned = {town["code"]: town["planned"] for town in self._script.manifest["towns"]}
        house, (tax, treasury) = build_house(direct), Neighbours(direct).books()
        with engine.connect() as connection:
            report = read_report(connection, self.place.area, self.place.insured_year, planned, house.keychain)
            report = replace(report, neighbour_problems=compare_books(connection, tax, treasury))
        house.engine.dispose()
        return json.loads(json.dumps(report, default=vars)), tax["struck"]

    def _clear(self, engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        migrate(engine)
        clear_neighbours(self.settings)
        shutil.rmtree(self.settings.home / "logs", ignore_errors=True)
        with redis.Redis.from_url(self.servers.urls().broker) as broker:
            broker.flushall()


def _workers(settings: Any, environment: Mapping[str, str], seed: int | None) -> list[Child]:
    """Workers and beat; in a storm one process of this release, and one of the next or with a clock that is off."""
    worker, beat = engine_room(settings, environment)
    if seed is None:
        return [worker, beat]
    strange, one = STRANGE[seed % 3], ["--concurrency", "1"]
    ready = settings.home / "strange.ready"
    command = [
        sys.executable,
        "-m",
        "tests.storm.strange_worker",
        strange,
        *worker.command[5:-1],
        f"{strange}@%h",
        *one,
    ]
    other = replace(
        worker, name=strange, command=command, log=worker.log.with_name("strange.log"), ready_file=ready,
        environment={**worker.environment, "LEVY_READY_FILE": str(ready)}, directory=Path.cwd(),
    )  # fmt: skip
    return [replace(worker, command=[*worker.command, *one]), other, beat]


@contextmanager
def _blowing(weather: Weather, season: Supervisor) -> Iterator[None]:
    weather.pids = lambda: {state.name: state.pid for state in season.state() if state.pid}
    thread = threading.Thread(target=weather.blow, name="weather", daemon=True)
    thread.start()
    try:
        yield
    finally:
        weather.end()
        thread.join()


def _disk(directory: Path) -> Path | None:
    """A small disk that can be filled without harm to others; None where it may not be mounted."""
    disk = directory / "disk"
    disk.mkdir()
    size = f"size={_DISK}m"
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "none", str(disk)], capture_output=True, check=False
    ).returncode == 0  # fmt: skip
    return disk if mounted else None
