"""Describing jobs on the command line, and the places that every one of these commands needs."""

from __future__ import annotations

import getpass
import re
from collections.abc import Callable, Sequence
from typing import Any

import click
from sqlalchemy import Connection

from config.settings import Settings
from worker.audit.log import AuditLog
from worker.clock import SystemClock
from worker.jobs.choice import Choice
from worker.jobs.intervene import Desk
from worker.keys import load_keys
from worker.operators.accounts import acting
from worker.privacy import Vault
from worker.refunds.finding import person_of

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Span(click.ParamType[float]):
    """A span of time such as ``90s``, ``30m``, ``2h`` or ``3d``, in seconds."""

    name = "SPAN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"([0-9]{1,6})([smhd])", value)
        if found is None:
            self.fail(f"{value!r} is no span of time: write 90s, 30m, 2h or 3d", param, ctx)
        return float(int(found[1]) * _UNITS[found[2]])


def choosing(command: Callable[..., None]) -> Callable[..., None]:
    """The options by which jobs are described; all that are given apply together."""
    for option in (
        click.option("--younger-than", "younger", type=Span(), help="Stopped, or called for, less long ago."),
        click.option(
            "--older-than", "older", type=Span(), help="Stopped, or called for, longer ago: 90s, 30m, 2h, 3d."
        ),
        click.option("--person", help="Jobs about this person: number at the bureau, or identity number."),
        click.option("--batch", help="Jobs of this batch, or with this whole key."),
        click.option("--area", help="Jobs of this area, six digits."),
        click.option("--cause", help="Jobs whose last cause or reason has this text in it."),
        click.option("--state", help="Jobs in this state: ready, running, unknown, done, rejected, parked, discarded."),
        click.option("--kind", help="Jobs of this kind: assess, push, void, declare, disburse, reconcile, tick.*"),
    ):
        command = option(command)
    return command


def choice_of(
    connection: Connection, settings: Settings, described: dict[str, Any], ids: Sequence[int] | None = None
) -> Choice:
    """The choice that was described. Raises ``NotFound`` for a person whom nobody knows."""
    given = described.pop("person")
    person = None
    if given is not None:
        person = person_of(connection, Vault(load_keys(settings)), given)
    return Choice(ids=list(ids) if ids else None, person=person, **described)


def desk_of(connection: Connection, settings: Settings, by: str | None) -> Desk:
    """The desk at which this person stands: by name, else by the account at this machine. Raises ``NotAllowed``."""
    account = getpass.getuser()
    name = (account if by is None else by).strip()
    if not name:
        raise click.UsageError("Say who you are with --by: it is kept in the audit log.")
    name = acting(connection, name, "jobs.intervene")
    return Desk(AuditLog(load_keys(settings)), SystemClock(), name, account)
