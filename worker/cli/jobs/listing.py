"""``levy jobs list``, ``show``, ``probe``: what is there, what was tried, and why it does not go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from config.settings import load_settings
from worker.cli.jobs.choosing import choice_of, choosing
from worker.cli.listing import open_database, print_rows
from worker.clock import SHANGHAI
from worker.jobs.listing import group_jobs, let_probe, one_job
from worker.jobs.listing import list_jobs as jobs_of
from worker.report.screen import json_line, shown
from worker.report.standing import breakers

_SHORT = ("id", "kind", "state", "attempts", "cause", "reason")


def listing(command: Callable[..., None]) -> Callable[..., None]:
    """How a list is shown."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="JSON lines."),
        click.option(
            "--grouped", is_flag=True, help="How many, by state, kind and cause, with the most frequent reason."
        ),
        click.option("--limit", default=50, show_default=True),
    ):
        command = option(command)
    return command


@click.command("list", help="List jobs that are not done, or those described: newest first, or counted by cause.")
@choosing
@listing
def list_jobs(limit: int, grouped: bool, as_json: bool, **described: Any) -> None:
    """List jobs."""
    list_(limit, grouped, as_json, described)


def list_(limit: int, grouped: bool, as_json: bool, described: dict[str, Any]) -> None:
    """Print the jobs described, after the neighbours that are left in peace."""
    with open_database().connect() as connection:
        choice = choice_of(connection, load_settings(), described)
        rows = (group_jobs if grouped else jobs_of)(connection, choice, limit)
        shut = breakers(connection)
    if not as_json:
        for neighbour, sentence in shut:
            click.echo(f"{neighbour}: {shown(sentence)}")
        if grouped:
            rows = [row | {name: _at(row[name]) for name in ("oldest", "newest")} for row in rows]
        else:
            rows = [{name: row[name] for name in _SHORT} for row in rows]
    print_rows(rows, as_json, "No job is waiting, running or stuck.")


@click.command("show", help="Show one job: how it stands, each attempt, its message, and what people did with it.")
@click.argument("job", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(job: int, as_json: bool) -> None:
    """Print all that is known of one job; nobody's data is in it."""
    with open_database().connect() as connection:
        found = one_job(connection, job)
    if found is None:
        raise click.ClickException(f"there is no job {job}")
    row, parts = found
    used = f"{row['attempts']} of {row['max_attempts']} attempts used"
    if as_json:
        click.echo(json_line(row | parts))
        return
    click.echo(f"job {row['id']}  {row['kind']}  {row['key']}  area {row['area'] or '-'}  for {row['business_date']}")
    click.echo(f"  {row['state']}, {used}, called for {_at(row['created_at'])}")
    if row["state"] in ("ready", "unknown"):
        whom = f", when {row['waits_for']} answers" if row["waits_for"] else ""
        click.echo(f"  next attempt not before {_at(row['next_attempt_at'])}{whom}")
    for message in parts["message"]:
        click.echo(f"  {_of_message(message)}")
    print_rows([_brief(one) for one in parts["attempts"]], False, "  It was never taken up.")
    for one in parts["interventions"]:
        second = f", answered by {one['confirmed_by']}" if one["confirmed_by"] else ""
        click.echo(
            f"  request {one['request']}: {one['action']} {one['state'].replace('_', ' ')}, by"
            f" {shown(one['requested_by'])}{shown(second)}: {shown(one['reason'])}"
        )


@click.command("probe", help="Let a call through to NEIGHBOUR (tax, treasury, 'peer 610922') now, breaker or not.")
@click.argument("neighbour")
def probe(neighbour: str) -> None:
    """Make the breaker's next probe due; a worker has to run for it to go."""
    with open_database().begin() as connection:
        if not let_probe(connection, neighbour):
            raise click.ClickException(f"calls to {neighbour} are not held back")
    click.echo(f"The next call to {neighbour} goes through; `levy jobs` says what came of it.")


def _brief(attempt: dict[str, Any]) -> dict[str, Any]:
    took = (attempt["ended_at"] - attempt["started_at"]).total_seconds()
    cells = {"attempt": attempt["attempt"], "ended": _at(attempt["ended_at"]), "took": f"{max(took, 0):.1f} s"}
    return cells | {name: attempt[name] for name in ("worker", "outcome", "cause", "status", "reason")}


def _of_message(message: dict[str, Any]) -> str:
    what = f"its message {message['key']} to {message['neighbour']}, of {_at(message['intended_at'])},"
    if message["answered_at"]:
        return f"{what} was answered {_at(message['answered_at'])}"
    if message["asked_at"]:
        return f"{what} was never seen there, as asked {_at(message['asked_at'])}: a replay sends it"
    return f"{what} has no answer that we know of"


def _at(moment: Any) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
