"""``levy jobs ask``, ``replay``, ``discard``: what a person asks to be done with jobs that came to a stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import click

from config.logging import configure_logging
from config.settings import Settings, load_settings
from worker.cli.jobs.choosing import choice_of, choosing, desk_of
from worker.cli.listing import open_database
from worker.foreign_text import plain
from worker.jobs.choice import left_alone
from worker.jobs.intervene import Action, Carried, Plan, plan_for
from worker.nudging import client, tell
from worker.servers import open_servers

_SHOWN = 10
_SAID = {"replay": "replayed", "discard": "discarded", "ask": "asked about"}


def _acting(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--by", help="Who you are; kept in the audit log. Default: the account at this machine."),
        click.option("--reason", help="Why; kept in the audit log. No names or numbers of people."),
        click.option("--dry-run", is_flag=True, help="Only say what would happen."),
        click.argument("ids", nargs=-1, type=int),
    ):
        command = option(command)
    return choosing(command)


@click.command("ask", help="Ask the neighbours what became of the messages of parked jobs: IDS, or those described.")
@_acting
def ask(ids: Sequence[int], reason: str | None, dry_run: bool, by: str | None, **described: Any) -> None:
    """Ask by key and send nothing: what was taken is recorded, what was never seen is parked again, to be replayed."""
    _act("ask", ids, described, reason, dry_run, by)


@click.command("replay", help="Let parked or rejected jobs be done again: those with these IDS, or those described.")
@click.option("--per-minute", type=click.IntRange(min=1), help="At most so many a minute; else all at once.")
@_acting
def replay(
    ids: Sequence[int], reason: str | None, dry_run: bool, by: str | None, per_minute: int | None, **described: Any
) -> None:
    """Make them ready; workers and broker need not run now. More than a few need a second person."""
    _act("replay", ids, described, reason, dry_run, by, per_minute)


@click.command("discard", help="Ask to lay parked or rejected jobs aside for good; a second person confirms it.")
@_acting
def discard(ids: Sequence[int], reason: str | None, dry_run: bool, by: str | None, **described: Any) -> None:
    """Discard them; what they were about stays as it is."""
    _act("discard", ids, described, reason, dry_run, by)


def _act(
    action: Action,
    ids: Sequence[int],
    described: dict[str, Any],
    reason: str | None,
    dry_run: bool,
    by: str | None,
    per_minute: int | None = None,
) -> None:
    if not ids and not any(described.values()):
        raise click.UsageError("Name the jobs by their ids, or describe them: --kind, --state, --cause, --area, ...")
    if not dry_run and not (reason and reason.strip()):
        raise click.UsageError("Say why with --reason: it is kept in the audit log. --dry-run needs none.")
    configure_logging("jobs", level="warning")
    settings, carried, number = load_settings(), None, 0
    with open_database().begin() as connection:
        choice = choice_of(connection, settings, described, ids)
        plan = plan_for(connection, choice, action)
        others = left_alone(connection, choice, [*plan.jobs, *plan.unknown, *plan.silent])
        if plan.jobs and not dry_run:
            desk = desk_of(connection, settings, by)
            number, carried = desk.request(connection, plan, reason or "", settings.replay_alone, per_minute)
    _say(settings, plan, dry_run, number, per_minute)
    if carried is not None:
        say_carried(settings, action, carried)
    for sentence in [*_reasons(plan), *others]:
        click.echo(sentence, err=True)
    if others or plan.unknown or not plan.jobs:
        raise click.exceptions.Exit(1)


def say_carried(settings: Settings, action: Action, carried: Carried) -> None:
    """Say what was done, and tell the workers of it, if the broker is there."""
    click.echo(f"{_counted(carried.jobs)} {_SAID[action]}.")
    if carried.left_alone:
        click.echo(f"{carried.left_alone:,} left alone: they are no longer as they were when this was asked for.")
    if action == "discard":
        return
    heard = tell(client(open_servers(settings).urls().broker), carried.due)
    click.echo(
        "Workers were told." if heard else "The broker does not answer: the sweeper tells the workers when it is back."
    )


def _say(settings: Settings, plan: Plan, dry_run: bool, number: int, per_minute: int | None) -> None:
    second = plan.needs_second(settings.replay_alone)
    if dry_run or not plan.jobs:
        click.echo(f"{_counted(plan.jobs)} would be {_SAID[plan.action]}.")
    elif second:
        click.echo(
            f"Request {number}: {_counted(plan.jobs)} to be {_SAID[plan.action]}. Nothing is done yet: another person"
            f" looks at `levy jobs progress {number}` and says `levy jobs confirm {number}` or `decline`."
        )
    for cause, count in Counter(f"{row.kind}, {row.cause or 'no cause'}" for row in plan.jobs).most_common(_SHOWN):
        click.echo(f"  {count:,}  {plain(cause)}")
    for row in plan.jobs[: _SHOWN if len(plan.jobs) <= _SHOWN else 3]:
        click.echo(f"    {row.id}  {row.kind}  {row.state}  {plain(row.reason or '')}")
    if plan.jobs and per_minute:
        minutes = (len(plan.jobs) - 1) / per_minute
        click.echo(f"  {per_minute:,} a minute: the last of them in {minutes:.0f} min.")
    if dry_run and second and plan.jobs:
        click.echo(f"  A second person would have to confirm it{'' if plan.action == 'discard' else _limit(settings)}.")


def _limit(settings: Settings) -> str:
    return f" (above {settings.replay_alone:,} jobs)"


def _reasons(plan: Plan) -> list[str]:
    """Why some of those described are left alone."""
    told = []
    if plan.unknown:
        some = " ".join(str(row.id) for row in plan.unknown[:_SHOWN])
        told.append(
            f"{_counted(plan.unknown)} left alone: nobody knows what became of their messages, so ask first:"
            f" `levy jobs ask {some}`{' and so on' if len(plan.unknown) > _SHOWN else ''}"
        )
    if plan.silent:
        told.append(f"{_counted(plan.silent)} left alone: no message of theirs is without an answer")
    return told


def _counted(jobs: Sequence[Any]) -> str:
    kinds = ", ".join(f"{kind} {n:,}" for kind, n in sorted(Counter(row.kind for row in jobs).items()))
    return f"{len(jobs):,} {'job' if len(jobs) == 1 else 'jobs'}{f' ({kinds})' if kinds else ''}"
