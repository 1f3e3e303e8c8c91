"""The chart of accounts, and an area's accounts by what they are for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Engine, text

import config
from config.yaml_text import read_yaml
from policies.vocabulary import INSURANCES, SOURCES

Accounts = dict[tuple[str, str, str], int]
"""Account numbers by (code of the chart, insurance, funding source or empty)."""


@cache
def chart() -> dict[str, dict[str, str]]:
    """The kinds of account by code, as ``config/accounts.yaml`` names them."""
    path = Path(config.__file__).with_name("accounts.yaml")
    entries: dict[str, dict[str, str]] = read_yaml(path)
    return entries


def open_accounts(engine: Engine, area: str) -> Accounts:
    """All accounts of the area (six digits), opened where they did not exist yet. Safe to call from many processes."""
    wanted = [
        {"area": area, "code": code, "insurance": str(insurance), "source": source}
        for code, kind in chart().items()
        for insurance in INSURANCES
        for source in (map(str, SOURCES) if kind["by"] == "source" else ("",))
    ]
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO account (area, code, insurance, source) VALUES (:area, :code, :insurance, :source)"
                " ON CONFLICT DO NOTHING"
            ),
            wanted,
        )
        rows = connection.execute(
            text("SELECT code, insurance, source, id FROM account WHERE area = :area"), {"area": area}
        ).all()
    return {(row.code, row.insurance, row.source): row.id for row in rows}
