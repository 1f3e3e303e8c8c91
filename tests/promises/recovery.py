"""How long until a job whose worker was killed is taken up by another one, with the settings of an installation."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
import yaml
from sqlalchemy import Engine, text

from config.settings import load_settings
from worker.database.engine import migrate, open_engine
from worker.nudging import client, tell
from worker.servers import Servers
from worker.service import engine_room
from worker.supervisor import Supervisor
from worker.ticks import tick_now

_RUNNING = text("SELECT worker FROM job WHERE id = :id AND state = 'running'")
_DONE = text("SELECT state = 'done' FROM job WHERE id = :id")
_FENCE = text("SELECT fence FROM job WHERE id = :id")
_EMPTY = json.dumps({"items": [], "next_cursor": "0", "more": False}).encode()
_PATIENCE = 180.0


ALL_KILLED = 5
"""Every fifth kill takes all workers, not only the process that works."""


def recoveries(directory: Path, kills: int) -> tuple[list[float], float]:
    """Seconds from each kill until the job is held again, and lease and sweep together.

    The job is in the middle of a call of the
    treasury, which says nothing until the job has been taken up again.
    """
    home, speaks = directory / "home", Event()
    servers = Servers(home)
    engine = open_engine(servers.ensure(follow=True).database)
    migrate(engine)
    try:
        with _treasury(speaks) as url:
            own = directory / "settings.yaml"
            never = 10**6
            schedule = dict.fromkeys(load_settings().schedule.model_dump(), never)
            own.write_text(yaml.safe_dump({"schedule": schedule, "breaker": {"failures": 1000}}), "utf-8")
            environment = {"LEVY_HOME": str(home), "LEVY_CONFIG": str(own), "LEVY_TREASURY_URL": url}
            settings = load_settings(environment)
            with Supervisor(engine_room(settings, environment), servers):
                broker = client(servers.urls().broker)
                found = [_recovery(engine, broker, settings.area, at, speaks) for at in range(kills)]
        return found, settings.lease_seconds + settings.sweep_seconds
    finally:
        engine.dispose()
        servers.stop()


def _recovery(engine: Engine, broker: Any, area: str, at: int, speaks: Event) -> float:
    speaks.clear()
    (job,) = tick_now(engine, ["pull_results"], f"kill-{at}", date(2020, 9, 1), area)
    tell(broker, [job])
    worker = psutil.Process(int(str(_until(engine, _RUNNING, job, lambda row: row)).split("/")[1]))
    held = _until(engine, _FENCE, job, lambda row: row)
    victim = worker if (at + 1) % ALL_KILLED else worker.parent()
    assert victim is not None
    killed = time.monotonic()
    victim.kill()
    _until(engine, _FENCE, job, lambda row: row != held)
    seconds = time.monotonic() - killed
    speaks.set()
    _until(engine, _DONE, job, bool)  # or it would be in the way of the next
    return seconds


def _until(engine: Engine, query: Any, job: int, good: Any) -> Any:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            found = connection.execute(query, {"id": job}).scalar_one_or_none()
        if good(found):
            return found
        time.sleep(0.02)
    raise TimeoutError(f"job {job} was not taken up within {_PATIENCE:.0f} s")


@contextmanager
def _treasury(speaks: Event) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            speaks.wait()
            self.send_response(200)
            self.send_header("Content-Length", str(len(_EMPTY)))
            self.end_headers()
            self.wfile.write(_EMPTY)

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Who asked was killed."""

    server = Server(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        speaks.set()
        server.shutdown()
        server.server_close()


def percentile(values: list[float], share: float) -> float:
    """The value that ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
