"""Restoring: the database becomes what the backup holds, in one transaction, and holds still until it is released."""

from __future__ import annotations

import tempfile
from pathlib import Path

import orjson
from sqlalchemy import Engine, text

from worker.backup.manifest import DUMP, Manifest
from worker.backup.programs import BackupFailed, run
from worker.database.engine import migrate
from worker.database.versions import revisions

LEAP = 1_000_000_000
"""By how much every sequence goes on from where the backup left it: what was given out since is never given again."""
_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
)
_EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; SET client_min_messages = warning;\n"
_AFTER = """
SET search_path = public;
INSERT INTO restore (backup, made_at, last_numbers) VALUES ('{sha256}', '{made_at}', '{last_numbers}');
SELECT setval(format('%I.%I', schemaname, sequencename), coalesce(last_value, 0) + {leap}) FROM pg_sequences
  WHERE schemaname = 'public' AND data_type = 'bigint'::regtype;
"""


def put_back(engine: Engine, database_url: str, directory: Path, manifest: Manifest) -> None:
    """Replace everything in the database by the backup. Raises ``BackupFailed``; then nothing was changed.

    The hold and the leap of the sequences are part of the same transaction: at no moment could a worker send anything.
    """
    if manifest.revision not in revisions():
        raise BackupFailed(
            f"the backup is of schema {manifest.revision}, which this version does not know: use the version that made"
            " it, or a newer one"
        )
    with engine.connect() as connection:
        if others := connection.execute(_OTHERS).scalar_one():
            raise BackupFailed(
                f"{others} other connections are at work in the database: stop `levy up`, or workers, beat and door"
            )
    engine.dispose()
    with tempfile.TemporaryDirectory(dir=directory.parent) as place:
        script = Path(place) / "restore.sql"
        body = Path(place) / "dump.sql"
        run("pg_restore", ["--no-owner", "--no-privileges", f"--file={body}", str(directory / DUMP)], database_url)
        after = _AFTER.format(
            sha256=manifest.sha256, made_at=manifest.made_at.isoformat(), leap=LEAP,
            last_numbers=orjson.dumps(dict(manifest.last_numbers)).decode(),
        )  # fmt: skip
        with script.open("wb") as whole:
            script.chmod(0o600)
            whole.write(_EMPTY.encode())
            with body.open("rb") as dumped:
                # The dump makes the schema that we have just made, and sets a time-out of its own.
                whole.writelines(line for line in dumped if not line.startswith(b"CREATE SCHEMA public"))
            whole.write(after.encode())
        body.unlink()
        arguments = ["--single-transaction", "--set=ON_ERROR_STOP=1", "--quiet", "--no-psqlrc", "--output=/dev/null"]
        run("psql", [*arguments, f"--file={script}"], database_url)
    migrate(engine)
