"""``levy jobs requests``, ``progress``, ``confirm``, ``decline``: what was asked for, by whom, and what came of it."""

from __future__ import annotations

import time
from typing import Any

import click

from config.logging import configure_logging
from config.settings import load_settings
from worker.cli.jobs.asking import say_carried
from worker.cli.jobs.choosing import desk_of
from worker.cli.listing import open_database, print_rows
from worker.jobs.requests import one_request
from worker.jobs.requests import progress as progress_of
from worker.jobs.requests import requests as requests_of
from worker.report.screen import json_line, shown

_UNDER_WAY = ("ready", "running", "unknown")
_by = click.option("--by", help="Who you are; kept in the audit log. Default: the account at this machine.")


@click.command("requests", help="What waits for a second person; with --all also what was carried out or declined.")
@click.option("--all", "every", is_flag=True, help="Those that were answered too.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
def requests(every: bool, as_json: bool) -> None:
    """List requests, newest first."""
    with open_database().connect() as connection:
        rows = requests_of(connection, every)
    if not as_json:
        names = ("id", "action", "jobs", "state", "requested_by", "confirmed_by", "reason")
        rows = [{name: row[name] for name in names} for row in rows]
    print_rows(rows, as_json, "Nothing waits for a second person.")


@click.command("progress", help="How the jobs of REQUEST stand now.")
@click.argument("request", type=int)
@click.option("--follow", is_flag=True, help="Go on until none of them is under way.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a look.")
def progress(request: int, follow: bool, as_json: bool) -> None:
    """Count the jobs by state and cause."""
    engine, before = open_database(), ""
    while True:
        with engine.connect() as connection:
            asked = one_request(connection, request)
            if asked is None:
                raise click.ClickException(f"there is no request {request}: `levy jobs requests --all` lists them")
            rows = progress_of(connection, request)
        told = json_line({"request": request, "state": asked.state, "jobs": rows})
        if told != before:
            click.echo(told) if as_json else _show(asked, rows)
        before = told
        if not follow or not any(row["state"] in _UNDER_WAY for row in rows):
            return
        time.sleep(1)


@click.command("confirm", help="Carry out what another person has asked for; its jobs: `levy jobs progress REQUEST`.")
@click.argument("request", type=int)
@_by
def confirm(request: int, by: str | None) -> None:
    """Carry it out. Those of its jobs that have changed since are left alone."""
    configure_logging("jobs", level="warning")
    settings = load_settings()
    with open_database().begin() as connection:
        carried = desk_of(connection, settings, by).confirm(connection, request)
        asked: Any = one_request(connection, request)
    say_carried(settings, asked.action, carried)


@click.command("decline", help="Turn down what another person has asked for, or take back what you have.")
@click.argument("request", type=int)
@click.option("--reason", required=True, help="Why; kept in the audit log.")
@_by
def decline(request: int, reason: str, by: str | None) -> None:
    """Close the request; its jobs stay as they are."""
    configure_logging("jobs", level="warning")
    with open_database().begin() as connection:
        desk_of(connection, load_settings(), by).decline(connection, request, reason)
    click.echo(f"Request {request} is declined; its jobs stay as they are.")


def _show(asked: Any, rows: list[dict[str, Any]]) -> None:
    second = f", answered by {shown(asked.confirmed_by)}" if asked.confirmed_by else ""
    click.echo(
        f"request {asked.id}: {asked.action} {asked.job_count:,} jobs, {asked.state.replace('_', ' ')}; asked for by"
        f" {shown(asked.requested_by)}{second}: {shown(asked.reason)}"
    )
    print_rows(rows, False, "  It has no jobs.")
