"""PostgreSQL's own programs for backups: those of the embedded server, else those on the PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from sqlalchemy.engine import make_url

from worker.servers.binaries import postgres_program
from worker.servers.errors import ServersError


class BackupFailed(Exception):
    """A backup or restore that did not come about; the sentence says why, and that nothing was changed."""


def run(name: str, arguments: Sequence[str], database_url: str) -> None:
    """Run ``pg_dump``, ``pg_restore`` or ``psql`` on the database; its password is on no command line.

    Raises ``BackupFailed`` with the program's first line of trouble.
    """
    url = make_url(database_url)
    told = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGDATABASE": url.database}
    known = {name: str(value) for name, value in told.items() if value is not None}
    if url.password is not None:
        known["PGPASSWORD"] = str(url.password)
    done = subprocess.run(
        [_program(name), *arguments], env={**os.environ, **known}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = next((line for line in done.stderr.splitlines() if line.strip()), f"exit code {done.returncode}")
        raise BackupFailed(f"{name}: {said.strip()[:300]}")


def _program(name: str) -> str:
    try:
        return str(postgres_program(name))
    except ServersError:
        found = shutil.which(name)
    if found is None:
        raise BackupFailed(
            f"{name} is not here: install PostgreSQL's client programs, of the server's major version or newer"
        )
    return found
