"""Debian's PgBouncer in transaction mode, in front of a database of the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from worker.servers.ports import choose_port

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
needs_pgbouncer = pytest.mark.skipif(PGBOUNCER is None, reason="no PgBouncer: install Debian's")
_SETTINGS = """\
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = plain
auth_file = {users}
pool_mode = transaction
default_pool_size = {connections}
"""


@contextmanager
def pooled(database: str, directory: Path, connections: int) -> Iterator[str]:
    """The URL of this database behind a PgBouncer that holds so many connections to it, as the service takes it."""
    url, own = make_url(database), choose_port(None)
    place = directory / "pgbouncer"
    place.mkdir()
    users, settings, log = place / "users.txt", place / "pgbouncer.ini", place / "log"
    users.write_text(f'"{url.username}" "{url.password}"\n', "utf-8")
    settings.write_text(
        _SETTINGS.format(host=url.host, port=url.port, own=own, users=users, connections=connections), "utf-8"
    )
    command = [str(PGBOUNCER), str(settings)]
    if os.geteuid() == 0:  # it refuses to be root
        command[1:1] = ["-u", "nobody"]
        for path in (*reversed(place.parents), place):
            if path.stat().st_uid == 0 and path.is_relative_to(directory.parents[1]):
                path.chmod(0o755)
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait(own, process, log)
        yield url.set(host="127.0.0.1", port=own, query={"pooled": "transaction"}).render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait(60)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text("utf-8", "replace"))
