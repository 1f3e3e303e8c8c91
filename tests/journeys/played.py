"""Playing a small season as its user does: the command itself, with everything that it starts."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

LEVY = str(Path(sys.executable).with_name("levy"))


@dataclass(frozen=True)
class Season:
    """What a season left behind: exit code, what it printed, its report, and its home."""

    code: int
    printed: str
    report: dict[str, Any]
    home: Path

    def levy(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of the same house, afterwards."""
        return subprocess.run(
            [LEVY, *arguments], env=environment(self.home), capture_output=True, text=True, timeout=120, check=False
        )

    @property
    def money(self) -> dict[str, Any]:
        """Everything in the report that is persons or fen."""
        names = ("towns", "funds", "total", "quarantine")
        return {name: self.report[name] for name in names} | {"payments_fen": self.report["counts"]["payments_fen"]}

    def cases_planned(self) -> Counter[tuple[str, str, str]]:
        """Cases between areas as the script plans their ends, by kind, side and state."""
        side, state = {"here": "origin", "there": "intended"}, {"open": "accepted"}
        return Counter(
            (case["kind"], side[case["opened"]], state.get(case["end"], case["end"]))
            for case in self.script["next_door"]["cases"]
        )

    def cases(self) -> Counter[tuple[str, str, str]]:
        """Cases between areas as the report has them."""
        found: Counter[tuple[str, str, str]] = Counter()
        for one in self.report["handoffs"]:
            found[one["kind"], one["side"], one["state"]] += one["cases"]
        return found

    @property
    def script(self) -> dict[str, Any]:
        """What the bureaus were to drop, and what was planned beside it."""
        return dict(json.loads((self.home / "season.json").read_bytes()))


def environment(home: Path) -> dict[str, str]:
    """This environment without settings of its own, with the home, and the settings that lie beside it if any do."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LEVY_")}
    own = home.with_suffix(".yaml")
    return clean | {"LEVY_HOME": str(home)} | ({"LEVY_CONFIG": str(own)} if own.exists() else {})


def play(
    home: Path, *arguments: str, meddle: Callable[[psutil.Process], None] = lambda _: None, share: str = "0.01"
) -> Season:
    """Run ``levy season``; ``meddle`` is called with its process about ten times a second while it runs."""
    log = home.with_suffix(".log")
    with log.open("wb") as output:
        season = psutil.Popen(
            [LEVY, "season", "--share", share, *arguments], env=environment(home), stdout=output, stderr=output
        )
        deadline = time.monotonic() + 560
        while season.poll() is None and time.monotonic() < deadline:
            meddle(season)
            time.sleep(0.1)
        if season.poll() is None:
            season.kill()
    printed = log.read_text("utf-8", "replace")
    file = home / "report.json"
    report = json.loads(file.read_bytes()) if file.exists() else {}
    return Season(season.wait(), printed, report, home)


def workers_of(season: psutil.Process) -> list[psutil.Process]:
    """The Celery worker's processes, the one that leads them first."""
    return processes_of(season, "celery -A worker.app worker")


def processes_of(season: psutil.Process, command: str) -> list[psutil.Process]:
    """The season's processes with this in their command line, the oldest first."""
    found = []
    for process in season.children(recursive=True):
        try:
            if command in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return sorted(found, key=lambda process: process.pid)
