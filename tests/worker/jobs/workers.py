"""A Celery worker as an installation runs it, without beat."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, text

from worker.nudging import client


class Worker:
    """Runs in the environment of the test; its own log tells what went wrong."""

    def __init__(self, home: Path, broker_url: str) -> None:
        self._broker_url, self._log_file = broker_url, home.with_suffix(".log")
        self._log = self._log_file.open("wb")
        command = [sys.executable, "-m", "celery", "-A", "worker.app", "worker", "--loglevel=warning"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        self._process = subprocess.Popen(
            command, env=os.environ, stdout=self._log, stderr=self._log, start_new_session=True
        )

    def sweep(self) -> None:
        """Ask for a sweep, as beat does."""
        client(self._broker_url).send_task("levy.sweep")

    def sweep_until(self, true: Callable[[], bool]) -> None:
        """Go on sweeping until something is true, for a minute at most."""
        until = time.monotonic() + 60
        while not true():
            assert time.monotonic() < until, self._log_file.read_text()[-2000:]
            self.sweep()
            time.sleep(0.5)

    def kill(self) -> None:
        """End it and its processes in the middle of what they do."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(90)
        self._log.close()

    def close(self) -> None:
        """Let it finish what it does."""
        self._process.terminate()
        self._process.wait(90)
        self._log.close()


def counts(engine: Engine) -> dict[str, int]:
    """How many jobs there are in each state."""
    with engine.connect() as connection:
        return dict(connection.execute(text("SELECT state, count(*) FROM job GROUP BY 1")).all())  # type: ignore[arg-type]
