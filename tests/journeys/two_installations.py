"""Two whole installations on this machine: each its database, its tax system, its door as a process, and its worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import requests
import yaml
from click.testing import CliRunner
from sqlalchemy import text

from config.settings import load_settings
from tests.adapters.simulated import KEY, Simulated
from tests.databases import as_superuser
from tests.worker.handoff.two_houses import SECRETS, public_text
from tests.worker.intake.conftest import KEYS, Desk
from worker.audit.verify import verify
from worker.cli import levy
from worker.clock import set_season_date
from worker.jobs.queue import NewJob, enqueue
from worker.ledger.check import check_ledger
from worker.servers import Servers
from worker.servers.ports import choose_port
from worker.wiring import build_house, build_runner


class Town:
    """One installation. Its worker is this process; its door and its tax system are processes of their own."""

    def __init__(
        self, area: str, peer: str, url: str, ports: dict[str, int], home: Path, paying: tuple[str, str]
    ) -> None:
        self.area, self.home, self._ticks = area, home, 0
        (home / "peers").mkdir(parents=True)
        (home / "peers" / f"{area}-a.key").write_text(SECRETS[area].hex(), "ascii")
        places = {place: f"http://127.0.0.1:{port}" for place, port in ports.items()}
        key = {"id": f"{peer}-a", "algorithm": "ed25519", "public": public_text(peer)}
        settings = {
            "clock": "season",
            "peer": {"connect_seconds": 1, "read_seconds": 1},
            "peer_door": {"url": places[area], "port": ports[area]},
            "peers": {peer: {"name": peer, "url": places[peer], "keys": [key], "sign_with": f"{area}-a"}},
        }
        (home / "levy.yaml").write_text(yaml.safe_dump(settings), "utf-8")
        window = {"window_begins": paying[0], "window_ends": paying[1]}
        payers = {"never_share": 0, "late_share": 0, "rejection_share": 0, **window}
        self.tax = Simulated("tax", home, settings={"payers": payers})
        self.environment = {
            **KEYS, "LEVY_CONFIG": str(home / "levy.yaml"), "LEVY_HOME": str(home), "LEVY_AREA": area,
            "LEVY_DATABASE_URL": url, "LEVY_BROKER_URL": "redis://127.0.0.1:1/0", "LEVY_TAX_URL": self.tax.url,
            "LEVY_TAX_KEY": KEY, "LEVY_TREASURY_KEY": KEY,
        }  # fmt: skip
        with patched(self.environment):
            self.house = build_house(load_settings())
        self.desk = Desk(self.house)
        self._runner = build_runner(self.house, lambda _: None)
        self._address = places[area]
        self.door: subprocess.Popen[bytes] | None = None

    def open_door(self) -> None:
        """Start the door, and wait until it answers."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LEVY_")}
        with (self.home / "door.log").open("ab") as log:
            command = [sys.executable, "-m", "worker.peer_door"]
            self.door = subprocess.Popen(command, env=clean | self.environment, stdout=log, stderr=log)
        until = time.monotonic() + 120
        while not self._answers():
            assert self.door.poll() is None, (self.home / "door.log").read_text()
            assert time.monotonic() < until, (self.home / "door.log").read_text()
            time.sleep(0.05)

    def kill_door(self) -> None:
        """SIGKILL: no goodbye."""
        assert self.door is not None
        self.door.kill()
        self.door.wait(60)

    @contextmanager
    def numb(self) -> Iterator[None]:
        """The door takes requests and does nothing with them for a while; then it does, and nobody listens any more."""
        assert self.door is not None
        self.door.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.door.send_signal(signal.SIGCONT)

    def live(self, day: date, *names: str) -> None:
        """Let the tax system live until ``day``, make it the business date, and do this scheduled work."""
        self.tax.advance(day.isoformat())
        with self.house.engine.begin() as connection:
            set_season_date(connection, day)
        for name in names:
            self._ticks += 1
            with self.house.engine.begin() as connection:
                enqueue(connection, [NewJob(f"tick.{name}", f"t-{self._ticks}", {}, day, self.area)])
            self.work()

    def work(self, again: bool = False) -> None:
        """Do all jobs that are due; ``again``: those too that wait for another attempt."""
        if again:
            with self.house.engine.begin() as connection:
                connection.execute(text("UPDATE job SET next_attempt_at = now() WHERE state IN ('ready', 'unknown')"))
        due = "SELECT id FROM job WHERE state IN ('ready', 'unknown') AND next_attempt_at <= now() ORDER BY id LIMIT 1"
        while found := self.desk.rows(due):
            self._runner.run(found[0][0])

    def case(self) -> tuple[Any, ...]:
        """State, number of steps and whose turn it is, of the one case."""
        found = self.desk.rows("SELECT state, steps, turn FROM handoff")
        return found[0] if found else ("unknown", 0, None)

    def history(self) -> list[tuple[Any, ...]]:
        """The steps of the one case."""
        return self.desk.rows("SELECT number, what, by, hash, seal FROM handoff_step ORDER BY 1")

    def backed_up(self, servers: Servers) -> str:
        """Copy the database as it is; whoever is connected is thrown out for it."""
        self.house.engine.dispose()
        name = self.house.engine.url.database
        others = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
        as_superuser(servers, others)
        as_superuser(servers, f"CREATE DATABASE {name}_copy TEMPLATE {name} OWNER levy")
        return f"{name}_copy"

    def restored(self, servers: Servers, copy: str) -> None:
        """Put the copy in the database's place, under a door that stays open."""
        self.house.engine.dispose()
        name = self.house.engine.url.database
        as_superuser(servers, f"DROP DATABASE {name} WITH (FORCE)")
        as_superuser(servers, f"ALTER DATABASE {copy} RENAME TO {name}")

    def assert_books_hold(self) -> None:
        """Ledger, cases and audit chain agree."""
        with self.house.engine.connect() as connection:
            assert check_ledger(connection) == []
            assert verify(connection, self.house.keychain)[1] == []

    def levy(self, *arguments: str, clerk: str = "chen") -> str:
        """A command of this installation; what it printed. Run in this process: a start costs seconds."""
        with patched(self.environment | {"LOGNAME": clerk}):
            done = CliRunner().invoke(levy, list(arguments))
        assert done.exception is None, (done.output, done.exception)
        return done.output

    def close(self) -> None:
        """Stop what runs."""
        if self.door is not None and self.door.poll() is None:
            self.door.kill()
            self.door.wait(60)
        self.tax.stop()
        self.house.engine.dispose()

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self._address}/health", timeout=1).status_code == 200
        except requests.RequestException:
            return False


@contextmanager
def patched(environment: dict[str, str]) -> Iterator[None]:
    """This process with these settings for a moment."""
    before = {name: value for name, value in os.environ.items() if name.startswith("LEVY_") or name in environment}
    for name in before:
        del os.environ[name]
    os.environ.update(environment)
    try:
        yield
    finally:
        for name in environment:
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def two_towns(
    areas: tuple[str, str], new_database: Callable[[], AbstractContextManager[str]], home: Path
) -> Iterator[tuple[Town, Town]]:
    """Shiquan, whose people pay in the first days of September, and Jiaohe, whose pay in the first of December."""
    ports = {area: choose_port(None) for area in areas}
    paying = (("09-05", "09-09"), ("12-01", "12-05"))
    with ExitStack() as stack:
        towns = []
        for area, peer, days in zip(areas, reversed(areas), paying, strict=True):
            town = Town(area, peer, stack.enter_context(new_database()), ports, home / area, days)
            stack.callback(town.close)
            town.open_door()
            towns.append(town)
        yield towns[0], towns[1]
