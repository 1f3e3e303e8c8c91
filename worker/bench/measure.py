"""One measured season: its own home, its own servers, its report, and the peak memory of every process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import psutil
import yaml

from worker.bench.floor import Floor, floor
from worker.servers import Servers


class BenchFailed(Exception):
    """A measured season did not end well; the message has its last lines."""


@dataclass(frozen=True)
class Measured:
    """A season as measured: people, seconds in all, worker seconds by stage, peak MiB by process, and its floor."""

    people: int
    seconds: float
    stages: dict[str, float]
    peak_mib: dict[str, int]
    floor: Floor | None = None

    @property
    def per_second(self) -> float:
        """People a second, from files on disk to reconciled."""
        return self.people / self.seconds

    @property
    def largest_mib(self) -> int:
        """The most that one process held; what PostgreSQL's backends share is counted in."""
        return max(self.peak_mib.values())


def measure(share: float, settings: Mapping[str, Any], seed: int = 2021, to_floor: bool = False) -> Measured:
    """Play ``share`` of the county in a home of its own and measure it, ``to_floor``: and plain COPY of what it left.

    Raises ``BenchFailed``.
    """
    with tempfile.TemporaryDirectory(prefix="levy-bench-") as directory:
        home = Path(directory) / "home"
        home.mkdir(mode=0o700)
        config = Path(directory) / "settings.yaml"
        config.write_text(yaml.safe_dump(dict(settings)), "utf-8")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LEVY_")}
        environment = clean | {"LEVY_HOME": str(home), "LEVY_CONFIG": str(config)}
        try:
            measured = _run(share, seed, home, environment)
            return replace(measured, floor=floor(Servers(home).ensure().database)) if to_floor else measured
        finally:
            Servers(home).stop()


def _run(share: float, seed: int, home: Path, environment: dict[str, str]) -> Measured:
    log = home.with_name("season.log")
    command = [str(Path(sys.executable).with_name("levy")), "season", "--share", str(share), "--seed", str(seed)]
    peaks: dict[str, int] = {}
    with log.open("wb") as output:
        season = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        while season.poll() is None:
            _sample(season.pid, peaks)
            time.sleep(0.1)
    if season.returncode:
        raise BenchFailed("\n".join(log.read_text("utf-8", "replace").splitlines()[-20:]))
    report = orjson.loads((home / "report.json").read_bytes())
    stages = {name: float(seconds) for name, seconds in report["stages"].items()}
    return Measured(sum(town["enrolled"] for town in report["towns"]), report["seconds"], stages, peaks)


def _sample(pid: int, peaks: dict[str, int]) -> None:
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in family:
        try:
            name, memory = _name(process.cmdline()), process.memory_info().rss // 2**20
        except psutil.Error:
            continue
        peaks[name] = max(peaks.get(name, 0), memory)


def _name(command: list[str]) -> str:
    line = " ".join(command)
    for sign, name in (
        ("simulators.tax", "tax simulator"),
        ("simulators.treasury", "treasury simulator"),
        ("celery -A worker.app worker", "worker process"),
        ("celery -A worker.app beat", "beat"),
        ("levy season", "conductor"),
        ("postgres", "PostgreSQL backend (with shared memory)"),
        ("valkey", "broker"),
    ):
        if sign in line:
            return name
    return "other"
