"""Lists on the command line: a table for people, JSON lines for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, text

from config.settings import load_settings
from worker.database.engine import open_engine
from worker.report.screen import json_line, shown
from worker.servers import open_servers

_WHOLE = (
    "id",
    "case",
    "turn",
    "assistance",
    "person_no",
    "town",
    "yuan",
    "day",
    "kind",
    "step",
    "voucher_no",
    "state",
    "side",
    "age",
)
"""Columns that are copied into the next command, so never broken over two lines."""


def open_database() -> Engine:
    """The database of the settings in force."""
    return open_engine(open_servers(load_settings()).ensure().database)


def rows_of(query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a query, each as a mapping."""
    with open_database().connect() as connection:
        return [dict(row._mapping) for row in connection.execute(text(query), dict(values))]


def print_rows(rows: Sequence[Mapping[str, Any]], as_json: bool, none: str) -> None:
    """Print the rows; ``none`` is the sentence for an empty list."""
    if as_json:
        for row in rows:
            click.echo(json_line(row))
    elif not rows:
        click.echo(none)
    else:
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
        for name in rows[0]:
            table.add_column(name, overflow="fold", no_wrap=name in _WHOLE)
        for row in rows:
            table.add_row(*("" if value is None else shown(value) for value in row.values()))
        Console().print(table)
