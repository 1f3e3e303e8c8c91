"""Who acts on the command line: the name given with ``--by``, else the account at this machine."""

from __future__ import annotations

import getpass

from sqlalchemy import Engine

from worker.operators.accounts import acting


def who(engine: Engine, by: str | None, act: str) -> str:
    """The name under which ``act`` is done: where there are accounts, one that may do it. Raises ``NotAllowed``."""
    with engine.connect() as connection:
        return acting(connection, by or getpass.getuser(), act)
