"""The chart of accounts, and an area's accounts by what they are for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, text

import config
from config.yaml_text import read_yaml
from policies.vocabulary import INSURANCES, SOURCES

Accounts = dict[tuple[str, str, str], int]
"""Account numbers by (code of the chart, insurance, funding source or empty)."""

_OPEN = text(
    "INSERT INTO account (area, code, insurance, source) SELECT :area, * FROM unnest(CAST(:codes AS text[]),"
    " CAST(:insurances AS text[]), CAST(:sources AS text[])) ON CONFLICT DO NOTHING"
)
_OF_AREA = text("SELECT code, insurance, source, id FROM account WHERE area = :area")


@cache
def chart() -> dict[str, dict[str, str]]:
    """The kinds of account by code, as ``config/accounts.yaml`` names them."""
    path = Path(config.__file__).with_name("accounts.yaml")
    entries: dict[str, dict[str, str]] = read_yaml(path)
    return entries


def open_accounts(engine: Engine, area: str) -> Accounts:
    """All accounts of the area (six digits), opened where they did not exist yet. Safe to call from many processes."""
    wanted = {
        (code, str(insurance), source)
        for code, kind in chart().items()
        for insurance in INSURANCES
        for source in (map(str, SOURCES) if kind["by"] == "source" else ("",))
    }
    with engine.begin() as connection:
        found = _opened(connection, area)
        if missing := sorted(wanted - found.keys()):
            columns = dict(zip(("codes", "insurances", "sources"), map(list, zip(*missing, strict=True)), strict=True))
            connection.execute(_OPEN, {"area": area, **columns})
            found = _opened(connection, area)
    return found


def _opened(connection: Connection, area: str) -> Accounts:
    rows = connection.execute(_OF_AREA, {"area": area})
    return {(code, insurance, source): number for code, insurance, source, number in rows}
