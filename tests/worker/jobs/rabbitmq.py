"""Debian's RabbitMQ as a node of its own, for tests: it can be stopped and comes back with what it held."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from worker.servers.ports import choose_port

_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
needs_rabbitmq = pytest.mark.skipif(not _SERVER.exists(), reason="no RabbitMQ: install Debian's rabbitmq-server")


class RabbitMQ:
    """One node, all of whose files and ports are its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700)
        (directory / "plugins").write_text("[].\n", "ascii")
        ports = [str(choose_port(None)) for _ in range(3)]
        self._port = int(ports[0])
        self._environment = {
            **os.environ,
            "HOME": str(directory),
            "RABBITMQ_NODENAME": f"levy{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": ports[0],
            "RABBITMQ_DIST_PORT": ports[1],
            "ERL_EPMD_PORT": ports[2],
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(directory / "mnesia"),
            "RABBITMQ_LOG_BASE": str(directory / "log"),
            "RABBITMQ_PID_FILE": str(directory / "pid"),
            "RABBITMQ_CONFIG_FILE": str(directory / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
        }
        self.url = f"amqp://guest:guest@127.0.0.1:{self._port}//"
        self.start()

    def start(self) -> None:
        """Start the node and wait until it listens."""
        with (self._directory / "out").open("ab") as output:
            self._process = subprocess.Popen(
                [_SERVER], env=self._environment, stdout=output, stderr=output, start_new_session=True
            )
        self._wait(listening=True)

    def stop(self) -> None:
        """Ask the node to stop, and wait until it has."""
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(120)
        self._wait(listening=False)

    def _wait(self, *, listening: bool) -> None:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
                listens = True
            except OSError:
                listens = False
            if listens == listening:
                return
            time.sleep(0.1)
        raise AssertionError((self._directory / "out").read_text("utf-8", "replace"))

    def close(self) -> None:
        """End it, with the daemon that maps its names."""
        self.stop()
        subprocess.run(
            ["epmd", "-kill"], env=self._environment, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
