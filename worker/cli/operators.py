"""``levy operators``: accounts of the people who work with the service, in the console and on the command line."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import TypeVar

import click
from sqlalchemy import Connection

from config.logging import configure_logging
from config.settings import load_settings
from worker.audit.log import AuditLog
from worker.cli.listing import open_database, print_rows
from worker.clock import SHANGHAI, SystemClock
from worker.database.operators import ROLES
from worker.keys import load_keys
from worker.operators.accounts import Registry, acting, listed, there_are_any

Result = TypeVar("Result")
_by = click.option("--by", help="Your own account, an admin's; not asked for the first account of all.")
_roles = click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="May be given several times."
)
_made_up = click.option("--generate", is_flag=True, help="Make one up and show it once; else you are asked for it.")


@click.group("operators", help="Accounts of the people who work here; what each role may do: docs/console.md.")
def command() -> None:
    """Group of the commands below."""
    configure_logging("operators", level="warning")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
def list_(as_json: bool) -> None:
    """List accounts with their roles, and how many sessions each has open."""
    with open_database().connect() as connection:
        rows = listed(connection)
    if not as_json:
        rows = [
            {
                "login": row["login"],
                "name": row["name"],
                "roles": ", ".join(row["roles"]),
                "state": "disabled" if row["disabled_at"] else "to change password" if row["must_change"] else "",
                "sessions": row["sessions"],
                "since": f"{row['added_at'].astimezone(SHANGHAI):%Y-%m-%d}",
                "added_by": row["added_by"],
            }
            for row in rows
        ]
    print_rows(rows, as_json, "There are no accounts: `levy operators add LOGIN --name NAME --role admin` makes one.")


@command.command("add")
@click.argument("login")
@click.option("--name", required=True, help="The name that others see.")
@_roles
@_made_up
@_by
def add(login: str, name: str, roles: tuple[str, ...], generate: bool, by: str | None) -> None:
    """Add an account; the first of all must be an admin. A password that was made up is changed at the first login."""
    password = None if generate else _asked()
    given = _change(by, lambda registry, connection: registry.add(connection, login, name, roles, password))
    click.echo(f"{login.strip().lower()} may log in now.")
    _tell(given if generate else None)


@command.command("roles")
@click.argument("login")
@_roles
@_by
def roles_(login: str, roles: tuple[str, ...], by: str | None) -> None:
    """Give an account just these roles, from its next click on."""
    _change(by, lambda registry, connection: registry.change_roles(connection, login, roles))
    click.echo(f"{login} has the roles {', '.join(sorted(set(roles)))}.")


@command.command("disable")
@click.argument("login")
@_by
def disable(login: str, by: str | None) -> None:
    """Let nobody in by this account any more; its sessions end at once."""
    _change(by, lambda registry, connection: registry.disable(connection, login))
    click.echo(f"{login} is disabled; what was done by it stays on record.")


@command.command("enable")
@click.argument("login")
@_by
def enable(login: str, by: str | None) -> None:
    """Let a disabled account in again."""
    _change(by, lambda registry, connection: registry.enable(connection, login))
    click.echo(f"{login} may log in again.")


@command.command("password")
@click.argument("login")
@_made_up
@_by
def password_(login: str, generate: bool, by: str | None) -> None:
    """Set the password of an account; its sessions end."""
    password = None if generate else _asked()
    given = _change(by, lambda registry, connection: registry.set_password(connection, login, password))
    click.echo(f"The password of {login} is changed; its sessions have ended.")
    _tell(given if generate else None)


def _change(by: str | None, change: Callable[[Registry, Connection], Result]) -> Result:
    """Do it in one transaction, in the name of an admin, or of the account at this machine while there is none."""
    audit, account = AuditLog(load_keys(load_settings())), getpass.getuser()
    with open_database().begin() as connection:
        if there_are_any(connection) and by is None:
            raise click.UsageError("Say with --by which admin you are.")
        name = acting(connection, by or account, "operators.manage")
        return change(Registry(audit, SystemClock(), name), connection)


def _asked() -> str:
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _tell(made_up: str | None) -> None:
    if made_up is not None:
        click.echo(f"Password, shown this once and to be changed at the first login: {made_up}")
