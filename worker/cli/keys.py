"""``levy keys``: which keys are in use, going over to new ones while the service runs, doing without old ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from config.settings import load_settings
from worker.cli.listing import print_rows
from worker.cli.who import who
from worker.keys import PURPOSES, VARIABLES, Purpose, algorithm_for, load_keys, new_key
from worker.rotation.listing import list_keys, values_of
from worker.rotation.rotate import retire_key, rotate
from worker.rotation.state import CannotRotate
from worker.wiring import build_house

Answer = TypeVar("Answer")
_PURPOSE = click.argument("purpose", type=click.Choice(PURPOSES))
_by = click.option("--by", help="Who does it; kept in the audit log. Else the user of this machine.")


@click.group("keys", help="Keys of personal data, of the index and of the audit log: list, rotate, retire.")
def command() -> None:
    """Group of the commands below."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
def list_all(as_json: bool) -> None:
    """List the keys with what they are for, and how many values are still encrypted with each."""
    house = build_house(load_settings())
    with house.engine.connect() as connection:
        rows = [{**row, "values": values_of(connection, row)} for row in list_keys(connection, house)]
    print_rows([{name: row[name] for name in row if name != "wanted"} for row in rows], as_json, "No key is there.")
    for row in rows:
        if row["wanted"] and not as_json:
            said = f"{row['purpose']}: the settings want {row['wanted']}, {row['algorithm']} is in use"
            click.echo(f"{said}; `levy keys rotate {row['purpose']}` goes over.", err=True)


@command.command("make")
@_PURPOSE
def make_key(purpose: Purpose) -> None:
    """Print a fresh key, of the algorithm that the settings name, to be added to those that all processes get.

    Nothing is stored. Where the keys are kept in the home, `levy keys rotate` makes one by itself.
    """
    settings = load_settings()
    number = load_keys(settings).newest(purpose).number + 1
    click.echo(f"{VARIABLES[purpose]}=...,{new_key(purpose, number, algorithm_for(settings, purpose)).written()}")


@command.command("rotate")
@_PURPOSE
@_by
def rotate_key(purpose: Purpose, by: str | None) -> None:
    """Go over to a newer key, beside everybody's work; what older ones wrote is written anew by workers, in batches."""
    house = build_house(load_settings())
    done = _asked(lambda: rotate(house, purpose, who(house.engine, by, "keys.change")))
    name = f"{purpose} key {done.key.number} ({done.key.algorithm})"
    match purpose:
        case "data":
            click.echo(f"{name} encrypts from now on. Workers encrypt anew what key {done.before} did.")
        case "index":
            click.echo(
                f"{name} is being gone over to; people are looked up by key {done.before} until all is made anew."
            )
        case _:
            click.echo(f"{name} seals from now on. Keep key {done.before}: it proves what was written before.")
    click.echo("`levy keys list` shows how far it is.")


@command.command("retire")
@_PURPOSE
@click.argument("number", type=int)
@_by
def retire_old(purpose: Purpose, number: int, by: str | None) -> None:
    """Do without a key; refused while anything uses it. A backup from before still needs it."""
    house = build_house(load_settings())
    _asked(lambda: retire_key(house, purpose, number, who(house.engine, by, "keys.change")))
    click.echo(
        f"{purpose} key {number} is retired: take it out of {VARIABLES[purpose]} where it was given. Keep a copy as"
        " long as there are backups from before."
    )


def _asked(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except CannotRotate as error:
        raise click.ClickException(str(error)) from None
