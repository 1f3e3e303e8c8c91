"""Making a backup: one consistent picture of the database while the service runs, with a manifest beside it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from worker.backup.manifest import DUMP, Manifest, digest, marks, write
from worker.backup.programs import BackupFailed, run
from worker.database.versions import current_revision
from worker.keys import Keychain

COUNTED = ("person", "enrolment", "due", "payment", "assistance", "disbursement", "transfer", "job")
_PICTURE = text("SELECT pg_export_snapshot()")
_HEADS = text("SELECT chain, events, encode(head, 'hex') AS head FROM audit_chain ORDER BY chain")
_NUMBERS = text("SELECT sequencename AS name, coalesce(last_value, 0) AS last FROM pg_sequences ORDER BY 1")


def back_up(
    engine: Engine, database_url: str, keys: Keychain, place: tuple[str, int], directory: Path, now: datetime
) -> Manifest:
    """Write the backup of the whole database into a new ``directory``, its owner's alone. Raises ``BackupFailed``.

    ``place``: area and insured year. The manifest is of the very picture that is dumped, whatever goes on meanwhile.
    """
    try:
        directory.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise BackupFailed(f"{directory} is there already: name a new directory") from None
    dump = directory / DUMP
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection, connection.begin():
        picture = connection.execute(_PICTURE).scalar_one()
        said = _said(connection)
        revision = current_revision(connection)
        run(
            "pg_dump",
            ["--format=custom", f"--snapshot={picture}", "--no-owner", "--no-privileges", f"--file={dump}"],
            database_url,
        )
    dump.chmod(0o600)
    manifest = Manifest(
        made_at=now, area=place[0], insured_year=place[1], revision=revision or "", sha256=digest(dump),
        size=dump.stat().st_size, keys=marks(keys), **said,
    )  # fmt: skip
    write(directory, manifest, keys)
    return manifest


def _said(connection: Connection) -> dict[str, Any]:
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))  # it holds still while it is dumped
    return {
        "heads": {row.chain: (row.events, row.head) for row in connection.execute(_HEADS)},
        # Sequences are in no snapshot: they are read before the dump, whose own may be further on, never behind.
        "last_numbers": {row.name: row.last for row in connection.execute(_NUMBERS)},
        "rows": {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in COUNTED},
    }
