"""The embedded Redis-compatible broker: it keeps nothing on disk, for nothing of worth lives in it."""

import signal
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from worker.servers.binaries import broker_program
from worker.servers.cluster import write_private
from worker.servers.errors import StartFailed
from worker.servers.home import Home, new_password
from worker.servers.ports import HOST, choose_port
from worker.servers.process import end, is_alive, last_lines, same_process, spawn, working_in

START_SECONDS = 20.0
ATTEMPTS = 3


class Valkey:
    """The broker of one home."""

    name = "broker"

    def __init__(self, home: Home) -> None:
        self.home = home
        self.data = home.path / "broker"
        self.log = home.path / "broker.log"

    def pid(self) -> int | None:
        """The running broker's process, or None."""
        try:
            written = int((self.data / "pid").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return written if same_process(written, self.data) else None

    def port(self) -> int | None:
        """The port that the broker was last started on, or None before the first start."""
        kept = self._facts().get("port")
        return int(kept) if kept else None

    def answers(self) -> bool:
        """Whether our own broker is up and knows our password."""
        return self.port() is not None and self.pid() is not None and self._takes_connections()

    def url(self) -> str:
        """Celery broker URL; it holds a password."""
        return f"redis://:{self._facts()['password']}@{HOST}:{self.port()}/0"

    def start(self, follow: bool = False) -> None:
        """Start the broker, empty. Call with the home's lock held.

        Args:
            follow: stop it when the calling process ends.

        Raises:
            StartFailed: it does not come up.
        """
        self.data.mkdir(mode=0o700, exist_ok=True)
        running = self.pid()
        if running is not None and self._wait_until_up(running):
            return
        for _ in range(ATTEMPTS):
            end(working_in(self.data), self.data, signal.SIGTERM, patience=5.0)
            self._write_settings(choose_port(self._facts().get("port")))
            command = [str(broker_program()), str(self.data / "valkey.conf")]
            pid = spawn(command, directory=self.data, log=self.log, follow=follow)
            if self._wait_until_up(pid):
                return
        raise StartFailed(f"The broker does not start. The end of {self.log}:\n{last_lines(self.log)}")

    def stop(self) -> None:
        """Stop the broker; what was queued in it is gone."""
        end(working_in(self.data), self.data, signal.SIGTERM, patience=5.0)

    def _write_settings(self, port: int) -> None:
        password = self._facts().get("password") or new_password()
        self.home.write(self.name, {"password": password, "port": str(port)})
        lines = [
            f"bind {HOST}",
            f"port {port}",
            f"requirepass {password}",
            'save ""',
            "appendonly no",
            "maxmemory 256mb",
            "maxmemory-policy noeviction",
            f"pidfile {self.data / 'pid'}",
            "loglevel warning",
        ]
        write_private(self.data / "valkey.conf", "\n".join(lines) + "\n")

    def _wait_until_up(self, pid: int) -> bool:
        """Wait for the process to answer; False when it ended instead.

        Raises:
            StartFailed: it runs on without answering.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not is_alive(pid):
                return False
            if self.pid() == pid and self._takes_connections():
                return True
            time.sleep(0.01)
        raise StartFailed(
            f"The broker (process {pid}) has not answered for {START_SECONDS:.0f} s. "
            f"The end of {self.log}:\n{last_lines(self.log)}"
        )

    def _takes_connections(self) -> bool:
        try:
            once = Retry(NoBackoff(), 0)
            with redis.Redis.from_url(self.url(), socket_timeout=2, socket_connect_timeout=2, retry=once) as link:
                return bool(link.ping())
        except redis.RedisError:
            return False

    def _facts(self) -> dict[str, str]:
        return self.home.read().get(self.name, {})
