"""``levy logs``: the lines that are meant, in the order of time; follow them."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import click

from config.settings import Settings, load_settings
from worker.cli.jobs.choosing import Span
from worker.cli.listing import open_database
from worker.foreign_text import plain
from worker.keys import load_keys
from worker.logs.lines import Line, as_they_come, files_of, in_order, parsed
from worker.logs.meant import LEVELS, Meant, jobs_of
from worker.privacy import Vault
from worker.refunds.finding import person_of
from worker.report.screen import json_line

_FIRST = ("timestamp", "level", "process", "event")
_LAST = "exception"


@click.command("logs")
@click.argument("place", required=False, type=click.Path(path_type=Path, exists=True, allow_dash=True))
@click.option("--person", help="Of jobs about this person: number at the bureau, or identity number.")
@click.option("--batch", help="Of jobs of this batch.")
@click.option("--file", help="Of jobs that took in a file with this in its name.")
@click.option("--job", type=int, help="Of this job.")
@click.option("--kind", help="Of jobs of this kind: intake, assess, push, disburse, tick.reconcile ...")
@click.option("--level", type=click.Choice(LEVELS), help="Of this level or above.")
@click.option("--event", help="Lines of this event: job.ended, breaker.open ... (docs/logs.md).")
@click.option("--process", help="Of this process: celery, api, console, door.")
@click.option("--since", type=Span(), help="Not older than: 90s, 30m, 2h, 3d.")
@click.option("--limit", default=200, show_default=True, help="The newest so many.")
@click.option("--follow", "-f", is_flag=True, help="Then go on with what is written, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines, as they were written.")
def command(
    place: Path | None, since: float | None, limit: int, follow: bool, as_json: bool, job: int | None, **given: Any
) -> None:
    """Show log lines of all processes in the order of time: those to which everything that is given applies.

    PLACE is a directory of log files, a file, or - for standard input; without it, the logs of the home. With
    containers: `docker compose logs --no-log-prefix worker | levy logs - --job 4711`. Lines hold nothing about people;
    whose job it was stands in the database, which --person, --batch and --file ask.
    """
    settings = load_settings()
    begun = None if since is None else datetime.now(UTC) - timedelta(seconds=since)
    meant = _meant(settings, job, begun, given)
    home = place or settings.home / "logs"
    if follow and not home.is_dir():
        raise click.UsageError("Only a directory of log files can be followed.")
    found = _newest(_read(home, begun), meant, limit)
    for line in found:
        _show(line, as_json)
    if not found and not follow:
        click.echo(f"No line in {plain(str(home))} is meant by all that was given: ask for less.", err=True)
    if follow:
        try:
            for line in filter(meant, as_they_come(home, lambda: False)):
                _show(line, as_json)
        except KeyboardInterrupt:
            return


def _meant(settings: Settings, job: int | None, begun: datetime | None, given: dict[str, Any]) -> Meant:
    asked = {name: given.pop(name) for name in ("person", "batch", "file")}
    jobs = None
    if any(asked.values()):
        with open_database().connect() as connection:
            if asked["person"] is not None:
                asked["person"] = person_of(connection, Vault(load_keys(settings)), asked["person"])
            jobs = jobs_of(connection, **asked)
    if job is not None:
        jobs = frozenset([job]) if jobs is None else jobs & {job}
    since = None if begun is None else begun.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Meant(jobs=jobs, since=since, **given)


def _read(home: Path, begun: datetime | None) -> Iterator[Line]:
    if str(home) == "-":
        return parsed(sys.stdin)
    if not home.is_dir():
        return in_order([home] if home.exists() else [])
    return in_order(files_of(home, None if begun is None else begun.timestamp()))


def _newest(lines: Iterable[Line], meant: Meant, limit: int) -> Collection[Line]:
    return deque(filter(meant, lines), maxlen=limit)


def _show(line: Line, as_json: bool) -> None:
    if as_json:
        click.echo(json_line(line))
        return
    at = datetime.fromisoformat(line["timestamp"]).astimezone().strftime("%m-%d %H:%M:%S.%f")[:-3]
    rest = [f"{name}={plain(_said(line[name]))}" for name in line if name not in (*_FIRST, _LAST)]
    said = [at, str(line.get("level", "")).ljust(7), str(line.get("process", "")), plain(str(line.get("event", "")))]
    click.echo(" ".join(chain(said, rest)))
    for text in str(line.get(_LAST, "")).splitlines():
        click.echo(f"    {plain(text)}")


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json_line(value)
