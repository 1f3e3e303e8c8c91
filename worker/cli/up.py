"""``levy up``: the whole house on one machine, until it is stopped."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import date

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table
from sqlalchemy import Engine

from config.settings import load_settings
from worker.clock import SystemClock
from worker.database.engine import migrate, open_engine
from worker.logfiles import put_away
from worker.operators.accounts import there_is_an_admin
from worker.report.screen import shown
from worker.report.standing import standing
from worker.servers import open_servers
from worker.servers.home import private_directory
from worker.servers.ports import choose_port
from worker.service import (
    Simulation,
    api,
    console,
    console_port,
    engine_room,
    neighbour_ports,
    neighbours,
    peer_door,
    service_environment,
    simulated_drop,
)
from worker.supervisor import Supervisor

_TOLD = ("files taken in", "rows quarantined", "dues", "payments", "assistance", "breaks open")


@click.command(
    "up", help="Run workers, beat and the simulated neighbours until Ctrl-C; the schedule is in the settings."
)
@click.option("--seed", type=int, help="Of the simulated neighbours, where they begin anew.")
@click.option("--for", "seconds", type=float, help="Stop by itself after so many seconds.")
def command(seed: int | None, seconds: float | None) -> None:
    """Start everything, show how it stands, stop cleanly."""
    screen, settings = Console(), load_settings()
    servers = open_servers(settings)
    engine = open_engine(servers.ensure().database)
    migrate(engine)
    ports = neighbour_ports(settings.home)
    os.environ.update(service_environment(settings, ports))
    os.environ["LEVY_API_PORT"] = str(choose_port(str(settings.api.port)))
    os.environ["LEVY_CONSOLE_PORT"] = str(console_port(settings))
    settings = load_settings()
    if settings.drop_dir is None:
        private_directory(settings.drop)
    settings.drop.mkdir(parents=True, exist_ok=True)  # one that was named has its own readers and writers
    simulation = Simulation(seed, _opening(settings.insured_year, SystemClock().today()), {}, simulated_drop(settings))
    put_away(settings.home / "logs", settings.retention.logs_days, SystemClock().today())
    children = [
        *neighbours(settings.home, ports, simulation),
        *engine_room(settings, dict(os.environ)),
        *peer_door(settings, dict(os.environ)),
        *api(settings, dict(os.environ)),
        console(settings, dict(os.environ)),
    ]
    screen.print(
        f"Drop the bureau's files into {shown(settings.drop)}/YYYY-MM-DD. Logs: {shown(settings.home / 'logs')}."
        f" The API listens on port {settings.api.port}. Ctrl-C stops."
        f"\nConsole: {settings.console.address}{_first(engine)}",
        soft_wrap=True,
        highlight=False,
    )
    with Supervisor(children, servers, log_bytes=settings.retention.log_mib * 1024**2) as supervisor:
        try:
            with suppress(KeyboardInterrupt):
                if screen.is_terminal:
                    _show(screen, engine, supervisor, seconds)
                else:
                    _tell(screen, engine, seconds)
        finally:
            screen.print("Stopping: what is under way is finished, the rest waits in the database.")


def _first(engine: Engine) -> str:
    with engine.connect() as connection:
        known = there_is_an_admin(connection)
    return "" if known else " (nobody can log in yet: `levy operators add LOGIN --name NAME --role admin`)"


def _opening(insured_year: int, today: date) -> date:
    """The simulated neighbours begin before the season, or today if that is earlier."""
    return min(today, date(insured_year - 1, 8, 31))


def _show(console: Console, engine: Engine, supervisor: Supervisor, seconds: float | None) -> None:
    begun = time.monotonic()
    with Live(console=console, refresh_per_second=2, transient=True) as live:
        while seconds is None or time.monotonic() - begun < seconds:
            live.update(_view(engine, supervisor))
            time.sleep(0.5)


def _tell(console: Console, engine: Engine, seconds: float | None) -> None:
    """A line every ten seconds in which something has changed, for a log."""
    begun = time.monotonic()
    before: dict[str, str] = {}
    while seconds is None or time.monotonic() - begun < seconds:
        now = {name: value for name, value in standing(engine) if name in _TOLD}
        if changed := [f"{name} {shown(value)}" for name, value in now.items() if before.get(name) != value]:
            console.print("; ".join(changed), soft_wrap=True, highlight=False)
        before = now
        time.sleep(10 if seconds is None else min(10.0, seconds))


def _view(engine: Engine, supervisor: Supervisor) -> Table:
    view = Table(box=None, show_header=False)
    for child in supervisor.state():
        view.add_row(child.name, child.phase, f"pid {child.pid}", f"restarted {child.restarts}x")
    view.add_section()
    for name, value in standing(engine):
        view.add_row(name, shown(value))
    return view
