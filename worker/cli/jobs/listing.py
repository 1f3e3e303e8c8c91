"""``levy jobs list``, ``show``, ``probe``: what is there, what was tried, and why it does not go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy import text

from config.settings import load_settings
from worker.cli.jobs.choosing import choice_of, choosing
from worker.cli.listing import open_database, print_rows
from worker.clock import SHANGHAI
from worker.jobs.choice import MEANT
from worker.report.screen import json_line, shown
from worker.report.standing import breakers

_OPEN = "(CAST(:state AS text) IS NOT NULL OR j.state NOT IN ('done', 'discarded'))"
_JOBS = text(
    "SELECT j.id, j.kind, j.key, j.area, j.state, j.attempts, j.business_date, j.next_attempt_at, j.worker,"
    " j.waits_for, j.outcome->>'cause' AS cause, (j.outcome->>'status')::int AS status, j.outcome->>'reason' AS reason,"
    " j.created_at, j.ended_at"
    f" FROM job j WHERE {_OPEN} AND {MEANT} ORDER BY j.state, j.id DESC LIMIT :limit"
)
_GROUPS = text(
    "SELECT j.state, j.kind, j.outcome->>'cause' AS cause, (j.outcome->>'status')::int AS status, count(*) AS jobs,"
    " min(coalesce(j.ended_at, j.created_at)) AS oldest, max(coalesce(j.ended_at, j.created_at)) AS newest,"
    " mode() WITHIN GROUP (ORDER BY j.outcome->>'reason') AS reason"
    f" FROM job j WHERE {_OPEN} AND {MEANT} GROUP BY 1, 2, 3, 4 ORDER BY jobs DESC, 1, 2, 3, 4 LIMIT :limit"
)
_JOB = text("SELECT * FROM job WHERE id = :id")
_ATTEMPTS = text(
    "SELECT fence AS attempt, started_at, ended_at, worker, outcome, cause, status, reason FROM job_attempt"
    " WHERE job_id = :id ORDER BY fence"
)
_MESSAGE = text(
    "SELECT key, neighbour, payload_hash, intended_at, answered_at, asked_at FROM message WHERE job_id = :id"
)
_TAKEN_UP = text(
    "SELECT i.id AS request, i.action, i.state, i.requested_by, i.confirmed_by, i.closed_at, i.reason"
    " FROM intervention_job m JOIN intervention i ON i.id = m.intervention_id WHERE m.job_id = :id ORDER BY i.id"
)
_PROBE = text(
    "UPDATE breaker SET retry_at = now() WHERE neighbour = :neighbour AND opened_at IS NOT NULL RETURNING neighbour"
)
_HURRY = text(
    "UPDATE job SET next_attempt_at = now() WHERE waits_for = :neighbour AND state IN ('ready', 'unknown')"
    " AND next_attempt_at > now()"
)
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
        values = choice.values(connection) | {"limit": limit}
        rows = [dict(row._mapping) for row in connection.execute(_GROUPS if grouped else _JOBS, values)]
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
        row = connection.execute(_JOB, {"id": job}).one_or_none()
        if row is None:
            raise click.ClickException(f"there is no job {job}")
        parts = {
            name: [dict(found._mapping) for found in connection.execute(query, {"id": job})]
            for name, query in (("attempts", _ATTEMPTS), ("message", _MESSAGE), ("interventions", _TAKEN_UP))
        }
    if as_json:
        click.echo(json_line(dict(row._mapping) | parts))
        return
    click.echo(f"job {row.id}  {row.kind}  {row.key}  area {row.area or '-'}  for {row.business_date}")
    click.echo(f"  {row.state}, {row.attempts} of {row.max_attempts} attempts used, called for {_at(row.created_at)}")
    if row.state in ("ready", "unknown"):
        whom = f", when {row.waits_for} answers" if row.waits_for else ""
        click.echo(f"  next attempt not before {_at(row.next_attempt_at)}{whom}")
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
        if connection.execute(_PROBE, {"neighbour": neighbour}).one_or_none() is None:
            raise click.ClickException(f"calls to {neighbour} are not held back")
        connection.execute(_HURRY, {"neighbour": neighbour})
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
