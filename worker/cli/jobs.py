"""``levy jobs``: work by state and reason; what came to a stop is replayed or discarded."""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal

import click

from config.logging import configure_logging
from config.settings import load_settings
from worker.audit.log import AuditLog
from worker.cli.listing import open_database, print_rows, rows_of
from worker.clock import SystemClock
from worker.foreign_text import plain
from worker.jobs.replay import Choice, discard, left_alone, replay, stopped_jobs
from worker.keys import load_keys

_JOBS = (
    "SELECT id, kind, key, state, attempts, business_date, next_attempt_at, worker, outcome->>'reason' AS reason"
    " FROM job WHERE (CAST(:kind AS text) IS NULL OR kind = :kind)"
    " AND (CAST(:state AS text) IS NULL AND state NOT IN ('done', 'discarded') OR state = :state)"
    " ORDER BY state, id DESC LIMIT :limit"
)
_SHOWN = 10


def _listing(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="JSON lines."),
        click.option("--limit", default=50, show_default=True),
        click.option("--kind", help="assess, push, void, declare, disburse, reconcile, intake, tick.*"),
        click.option("--state", help="ready, running, unknown, done, rejected, parked or discarded."),
    ):
        command = option(command)
    return command


def _choosing(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--reason", help="Why; kept in the audit log. No names or numbers of people."),
        click.option("--dry-run", is_flag=True, help="Only say what would happen."),
        click.option("--area", help="Only jobs of this area, six digits."),
        click.option("--cause", help="Only jobs whose last reason has this text in it."),
        click.option("--state", type=click.Choice(["parked", "rejected"]), help="Only jobs in this state."),
        click.option("--kind", help="Only jobs of this kind, such as push."),
        click.argument("ids", nargs=-1, type=int),
    ):
        command = option(command)
    return command


@click.group(
    "jobs",
    invoke_without_command=True,
    help="List jobs that are not done, or those of one state, with the reason of the last attempt; replay or discard"
    " those that came to a stop.",
)
@_listing
@click.pass_context
def command(context: click.Context, state: str | None, kind: str | None, limit: int, as_json: bool) -> None:
    """List jobs, newest first, unless a command below is named."""
    if context.invoked_subcommand is None:
        _list(state, kind, limit, as_json)


@command.command("list", help="List jobs that are not done, or those of one state.")
@_listing
def list_jobs(state: str | None, kind: str | None, limit: int, as_json: bool) -> None:
    """List jobs, newest first."""
    _list(state, kind, limit, as_json)


@command.command("replay", help="Let parked or rejected jobs be done again: those with these IDS, or those described.")
@_choosing
def replay_jobs(reason: str | None, dry_run: bool, **described: Any) -> None:
    """Make them ready; workers need not run now."""
    _act(replay, "replayed", Choice(**described), reason, dry_run)
    if not dry_run:
        click.echo("Nobody was nudged: the sweeper finds them when workers and beat run.")


@command.command(
    "discard", help="Lay parked or rejected jobs aside for good: those with these IDS, or those described."
)
@_choosing
def discard_jobs(reason: str | None, dry_run: bool, **described: Any) -> None:
    """Discard them; what they were about stays as it is."""
    _act(discard, "discarded", Choice(**described), reason, dry_run)


def _list(state: str | None, kind: str | None, limit: int, as_json: bool) -> None:
    rows = rows_of(_JOBS, {"state": state, "kind": kind, "limit": limit})
    if not as_json:
        rows = [{name: row[name] for name in ("id", "kind", "state", "attempts", "reason")} for row in rows]
    print_rows(rows, as_json, "No job is waiting, running or stuck.")


def _act(
    act: Callable[..., int], word: Literal["replayed", "discarded"], choice: Choice, reason: str | None, dry_run: bool
) -> None:
    if choice.empty:
        raise click.UsageError("Name the jobs by their ids, or describe them: --kind, --state, --cause, --area.")
    if not dry_run and not (reason and reason.strip()):
        raise click.UsageError("Say why with --reason: it is kept in the audit log. --dry-run needs none.")
    configure_logging("jobs", level="warning")
    settings = load_settings()
    actor = f"operator:{getpass.getuser()}"
    with open_database().begin() as connection:
        chosen = stopped_jobs(connection, choice)
        others = left_alone(connection, choice, chosen)
        if chosen and not dry_run:
            audit = AuditLog(load_keys(settings))
            act(connection, audit, SystemClock(), actor, chosen, reason)
    _say(chosen, f"would be {word}" if dry_run else word)
    for sentence in others:
        click.echo(sentence, err=True)
    if others or not chosen:
        raise click.exceptions.Exit(1)


def _say(chosen: Any, word: str) -> None:
    counted = ", ".join(f"{kind} {n:,}" for kind, n in sorted(Counter(row.kind for row in chosen).items()))
    click.echo(f"{len(chosen):,} {'job' if len(chosen) == 1 else 'jobs'} {word}{f': {counted}' if counted else ''}.")
    for row in chosen[:_SHOWN]:
        click.echo(f"  {row.id}  {row.kind}  {row.state}  {plain(row.reason or '')}")
    if len(chosen) > _SHOWN:
        click.echo(f"  and {len(chosen) - _SHOWN:,} more")
