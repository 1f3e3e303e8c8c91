"""Everything that can be held against something else: the books against one another, and the audit chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from worker.audit.verify import verify
from worker.keys import Keychain
from worker.ledger.check import CHECKS


class Checked(NamedTuple):
    """What one check says, and a sentence for each thing that contradicts it."""

    says: str
    problems: list[str]


def check_all(connection: Connection, keychain: Keychain, newest: int | None = None) -> Iterator[Checked]:
    """Run every check; of each chain only the ``newest`` events where that is said."""
    for check in CHECKS:
        yield Checked((check.__doc__ or "").strip(), check(connection))
    events, flaws = verify(connection, keychain, newest=newest)
    found = [f"chain {flaw.chain}, event {flaw.position}: {flaw.sentence}" for flaw in flaws]
    yield Checked(f"The audit chain of {events:,} events is whole.", found)
