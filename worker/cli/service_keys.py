"""``levy service-keys``: who of the bureau's other systems may call the API, and with which keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import click
from sqlalchemy import Connection

from config.settings import load_settings
from worker.api.keys import KeyRefused, add_key, list_keys, revoke_key
from worker.audit.log import AuditLog, Event, Origin
from worker.cli.listing import open_database, print_rows
from worker.cli.who import who
from worker.clock import SystemClock
from worker.database.api import ROLES
from worker.keys import load_keys

Answer = TypeVar("Answer")
_by = click.option("--by", help="Who does it; kept in the audit log. Else the user of this machine.")


@click.group("service-keys", help="Keys of other systems that call the API: add, list, revoke.")
def command() -> None:
    """Group of the commands below."""


@command.command("add")
@click.argument("client")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="What it may do; repeat it."
)
@click.option("--days", type=click.IntRange(1, 732), default=365, show_default=True, help="For how long it is valid.")
@_by
def add(client: str, roles: tuple[str, ...], days: int, by: str | None) -> None:
    """Make a key for CLIENT (such as civil-affairs) and show it once: only its hash is kept.

    Two keys of a client may be valid at once, so that one takes over from the other.
    """
    settings, today = load_settings(), SystemClock().now().date()
    until = today + timedelta(days=days)

    def act(connection: Connection, name: str) -> tuple[str, Event]:
        return add_key(connection, client, settings.area, roles, today, until, name, SystemClock().now())

    key = _recorded(by, act)
    click.echo(key)
    click.echo(f"Valid until {until}. It is not shown again.", err=True)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
def list_them(as_json: bool) -> None:
    """List all keys with their roles, their last day and when they were last used; never their secrets."""
    with open_database().connect() as connection:
        rows = list_keys(connection, SystemClock().now().date())
    print_rows(rows, as_json, "There are no keys.")


@command.command("revoke")
@click.argument("key")
@_by
def revoke(key: str, by: str | None) -> None:
    """End KEY, an id of `levy service-keys list`, from this moment on."""
    _recorded(by, lambda connection, name: ("", revoke_key(connection, key, name, SystemClock().now())))
    click.echo(f"{key} opens nothing any more.")


def _recorded(by: str | None, act: Callable[[Connection, str], tuple[Answer, Event]]) -> Answer:
    """Do it in the name of whoever asks, with its event."""
    settings, engine, clock = load_settings(), open_database(), SystemClock()
    name = who(engine, by, "service_keys.manage")
    try:
        with engine.begin() as connection:
            done, event = act(connection, name)
            origin = Origin(f"operator:{name}", settings.area, clock.now().date())
            AuditLog(load_keys(settings)).record(connection, origin, [event], clock.now())
    except KeyRefused as refusal:
        raise click.ClickException(str(refusal)) from None
    return done
