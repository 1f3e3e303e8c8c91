"""A house on a database of one's own, and a desk that takes files in as the command line and the workers do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from config.settings import load_settings
from worker.audit.log import Origin
from worker.audit.verify import verify
from worker.flows.intake.filing import Dropped, Taken, take_file
from worker.flows.intake.review import HeldRow, open_rows
from worker.house import House
from worker.wiring import build_house

KEYS = {
    "LEVY_DATA_KEYS": f"1:{sha256(b'data').hexdigest()}",
    "LEVY_INDEX_KEY": sha256(b"index").hexdigest(),
    "LEVY_AUDIT_KEY": sha256(b"audit").hexdigest(),
}
NEIGHBOURS = {"LEVY_TAX_KEY": "key-at-tax", "LEVY_TREASURY_KEY": "key-at-treasury"}
TABLES = ("person", "enrolment", "identity_flag", "bank_account", "quarantined_row")


@dataclass
class Desk:
    """Takes files in, and tells what the database then holds."""

    house: House

    @property
    def engine(self) -> Engine:
        return self.house.engine

    def take(self, content: str | bytes, name: str = "list.csv", day: date = date(2020, 8, 31)) -> Taken:
        dropped = Dropped(name, content.encode() if isinstance(content, str) else content, day)
        with self.engine.begin() as connection:
            return take_file(connection, self.house, dropped, Origin("clerk:test", "610922", day, name))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def one(self, statement: str) -> Any:
        return self.rows(statement)[0][0]

    def counts(self) -> dict[str, int]:
        return {table: self.one(f"SELECT count(*) FROM {table}") for table in TABLES}

    def events(self) -> list[str]:
        return [row[0] for row in self.rows("SELECT action FROM audit_event ORDER BY position")]

    def facts(self, action: str) -> list[dict[str, Any]]:
        found = self.rows(f"SELECT facts::jsonb FROM audit_event WHERE action = '{action}' ORDER BY position")
        return [row[0] for row in found]

    def held(self) -> list[HeldRow]:
        with self.engine.connect() as connection:
            return open_rows(connection, self.house.vault)

    def chain_is_whole(self) -> bool:
        with self.engine.connect() as connection:
            return verify(connection, self.house.keychain)[1] == []


@pytest.fixture
def environment(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The settings of an installation with a database of its own, also for processes that a test starts."""
    values = {
        "LEVY_DATABASE_URL": database_url,
        "LEVY_BROKER_URL": "redis://127.0.0.1:1/0",
        "LEVY_HOME": str(tmp_path / "home"),
        "LEVY_DROP_DIR": str(tmp_path / "drop"),
        **KEYS,
        **NEIGHBOURS,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


@pytest.fixture
def desk(environment: dict[str, str]) -> Iterator[Desk]:
    house = build_house(load_settings())
    yield Desk(house)
    house.engine.dispose()
