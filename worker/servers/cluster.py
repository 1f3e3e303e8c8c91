"""What the embedded PostgreSQL is made of: its data directory, its settings, its roles and its database."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors, sql

from worker.servers.binaries import postgres_program
from worker.servers.errors import HomeRefused, StartFailed
from worker.servers.identity import give
from worker.servers.ports import HOST
from worker.servers.process import end, launch_command, working_in

SCRAM_ITERATIONS = "1"
"""Iterations slow down whoever guesses passwords. Ours are 192 random bits, which nobody guesses; each connection would
pay for them."""

# For a laptop with two cores that also runs everything else. What is committed is on disk: fsync and
# synchronous_commit stay on. No person's data reaches the log: an error may quote what it could not read, so errors go
# to whoever caused them and not into the log, which tells of the server itself.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "scram_iterations": SCRAM_ITERATIONS,
    "max_connections": "80",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "dynamic_shared_memory_type": "mmap",  # /dev/shm has 64 MB in a container
    "fsync": "on",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
    # Tables grow from nothing to a county within seconds. Plans need to know of that, in rough figures and each time
    # that a table is half as long again; closer looks would take a tenth of the work.
    "autovacuum_naptime": "5s",
    "autovacuum_analyze_scale_factor": "0.5",
    "default_statistics_target": "30",
    "autovacuum_max_workers": "1",
    "autovacuum_vacuum_insert_scale_factor": "1.0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "lc_messages": "C",
}


def create_cluster(data: Path, identity: str, password: str) -> None:
    """Make a data directory beside its final place and move it there once it is whole.

    Raises:
        StartFailed: initdb refused; its words are in the message.
    """
    unfinished = data.with_name("postgres.new")
    end(working_in(unfinished), unfinished, signal.SIGTERM, patience=1.0)  # initdb of a starter that was killed
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    give(unfinished, identity)
    secret = data.with_name("postgres.password")
    write_private(secret, password + "\n")
    give(secret, identity)
    line = [str(postgres_program("initdb")), "--pgdata", str(unfinished), "--username", "postgres"]
    line += ["--pwfile", str(secret), "--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions"]
    line += ["--set", f"scram_iterations={SCRAM_ITERATIONS}"]
    line += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = launch_command(line, directory=unfinished, identity=identity, follow=signal.SIGTERM)
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.defpath})
    finally:
        secret.unlink()
    if made.returncode != 0:
        raise StartFailed(f"PostgreSQL could not make its data directory {unfinished}:\n{made.stderr[-2000:].strip()}")
    (unfinished / "pg_hba.conf").write_text(f"host all all {HOST}/32 scram-sha-256\n")
    unfinished.rename(data)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, never having been readable by others."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def refuse_other_version(data: Path) -> None:
    """Stop before a server meets the data of another major version.

    Raises:
        HomeRefused: the data was made by another one.
    """
    made = (data / "PG_VERSION").read_text().strip()
    said = subprocess.run([postgres_program("postgres"), "--version"], capture_output=True, text=True, check=True)
    installed = said.stdout.split()[-1].split(".")[0]
    if made != installed:
        raise HomeRefused(
            f"{data} was made by PostgreSQL {made}, and {installed} is installed. Take what you need out with "
            f"PostgreSQL {made} (pg_dump), then run `levy reset` and load it again."
        )


def write_settings(data: Path, port: int) -> None:
    """Put our settings in place of the ones that initdb wrote; the file keeps its owner."""
    lines = [f"{name} = '{value}'" for name, value in (SETTINGS | {"port": str(port)}).items()]
    (data / "postgresql.conf").write_text("\n".join(lines) + "\n")


def prepare_database(port: int, superuser_password: str, password: str) -> None:
    """Make the role ``levy`` and its database; what is there already stays as it is.

    A start that was killed may have left a backend that is just making them: then it comes first, and that is as well.
    """
    role = sql.SQL("CREATE ROLE levy LOGIN CREATEDB PASSWORD {}").format(sql.Literal(password))
    with _superuser(port, superuser_password) as link:
        if link.execute("SELECT 1 FROM pg_roles WHERE rolname = 'levy'").fetchone() is None:
            with suppress(errors.DuplicateObject, errors.UniqueViolation):
                link.execute(role)
        if link.execute("SELECT 1 FROM pg_database WHERE datname = 'levy'").fetchone() is None:
            with suppress(errors.DuplicateDatabase, errors.UniqueViolation):
                link.execute("CREATE DATABASE levy OWNER levy")


def count_clients(port: int, superuser_password: str) -> int:
    """How many connections the service, or anybody with its password, has open."""
    with _superuser(port, superuser_password) as link:
        found = link.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'levy'").fetchone()
    return int(found[0]) if found else 0


def _superuser(port: int, password: str) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(host=HOST, port=port, user="postgres", password=password, dbname="postgres", autocommit=True)
