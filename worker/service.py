"""The processes of one installation on one machine: workers, beat, and the simulated tax system and treasury."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import requests

from config.settings import Settings
from worker.keys import neighbour_key
from worker.servers.ports import choose_port
from worker.supervisor import Child


@dataclass(frozen=True)
class Simulation:
    """How the simulated neighbours are started: seed (none: that of the books that are
    there), the day of a new book, settings files by neighbour.

    ``drop``: where the tax system answers files, if it does.
    """

    seed: int | None
    today: date
    settings: Mapping[str, Path]
    drop: Path | None = None


def neighbour_ports(home: Path) -> dict[str, int]:
    """A port for each simulator, the same from start to start while it is free."""
    ports = {}
    for name in ("tax", "treasury"):
        kept = home / f"{name}.port"
        ports[name] = choose_port(kept.read_text("ascii") if kept.exists() else None)
        kept.write_text(str(ports[name]), "ascii")
    return ports


def neighbours(home: Path, ports: Mapping[str, int], simulation: Simulation) -> list[Child]:
    """The simulated tax system and treasury."""
    return [_neighbour(home, name, port, simulation) for name, port in ports.items()]


def _neighbour(home: Path, name: str, port: int, simulation: Simulation) -> Child:
    command = [sys.executable, "-m", f"adapters.simulators.{name}", "--port", str(port)]
    command += ["--book", str(home / "neighbours" / name)]
    command += [] if simulation.seed is None else ["--seed", str(simulation.seed)]
    command += ["--today", simulation.today.isoformat()]
    if name in simulation.settings:
        command += ["--settings", str(simulation.settings[name])]
    if name == "tax" and simulation.drop:
        command += ["--drop", str(simulation.drop)]
    return Child(
        name=name,
        command=command,
        log=home / "logs" / f"{name}.log",
        environment={f"LEVY_{name.upper()}_KEY": neighbour_key(name, home)},
        ready=lambda: _answers(f"http://127.0.0.1:{port}/health"),
        stop_seconds=5,
    )


def simulated_drop(settings: Settings) -> Path | None:
    """Where the simulated tax system answers files under these settings, if it does."""
    return settings.tax_drop if settings.tax.kind == "files" else None


def engine_room(settings: Settings, environment: Mapping[str, str]) -> list[Child]:
    """The Celery worker with its processes, and beat."""
    celery = [sys.executable, "-m", "celery", "-A", "worker.app"]
    logs = settings.home / "logs"
    ready = settings.home / "worker.ready"
    worker = Child(
        name="worker",
        command=[*celery, "worker", "--loglevel=warning", "--without-gossip", "--without-mingle", "-n", "levy@%h"],
        log=logs / "worker.log",
        environment={
            **environment,
            "LEVY_READY_FILE": str(ready),
            "PROMETHEUS_MULTIPROC_DIR": str(settings.home / "counted"),
        },
        ready_file=ready,
        stage=1,
    )
    beat = Child(
        name="beat",
        command=[*celery, "beat", "--loglevel=warning", "--schedule", str(settings.home / "beat.db")],
        log=logs / "beat.log",
        environment=dict(environment),
        stage=2,
        stop_seconds=5,
    )
    return [worker, beat]


def peer_door(settings: Settings, environment: Mapping[str, str]) -> list[Child]:
    """The door that peers knock at, where any are set."""
    if not settings.peers:
        return []
    door = settings.peer_door
    return [
        Child(
            name="door",
            command=[sys.executable, "-m", "worker.peer_door"],
            log=settings.home / "logs" / "door.log",
            environment=dict(environment),
            ready=lambda: _answers(f"http://{door.host}:{door.port}/health"),
            stage=1,
            stop_seconds=8,
        )
    ]


def api(settings: Settings, environment: Mapping[str, str]) -> list[Child]:
    """The machine door."""
    return [
        Child(
            name="api",
            command=[sys.executable, "-m", "worker.api"],
            log=settings.home / "logs" / "api.log",
            environment=dict(environment),
            ready=lambda: _answers(f"http://{settings.api.host}:{settings.api.port}/health"),
            stage=1,
            stop_seconds=8,
        )
    ]


def console(settings: Settings, environment: Mapping[str, str]) -> Child:
    """The console for people."""
    place = settings.console
    return Child(
        name="console",
        command=[sys.executable, "-m", "worker.console"],
        log=settings.home / "logs" / "console.log",
        environment=dict(environment),
        ready=lambda: _answers(f"http://{place.host}:{place.port}/health"),
        stage=1,
        stop_seconds=8,
    )


def console_port(settings: Settings) -> int:
    """Where the console listens on this machine: where it did last time, else by the settings, else anywhere free.

    One that others know by an address of its own stays where it is.
    """
    if settings.console.url is not None:
        return settings.console.port
    kept = settings.home / "console.port"
    port = choose_port(kept.read_text("ascii") if kept.exists() else str(settings.console.port))
    kept.write_text(str(port), "ascii")
    return port


def service_environment(settings: Settings, ports: Mapping[str, int]) -> dict[str, str]:
    """What the service's processes need to find each other."""
    found = {
        "LEVY_HOME": str(settings.home),
        "LEVY_TAX_URL": f"http://127.0.0.1:{ports['tax']}",
        "LEVY_TREASURY_URL": f"http://127.0.0.1:{ports['treasury']}",
    }
    return {**{name: value for name, value in os.environ.items() if name.startswith("LEVY_")}, **found}


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=0.5).status_code == 200
    except requests.RequestException:
        return False
