"""``levy audit``: verify the log from the table or from files, export it, anchor its heads, remove what is old."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy import Connection, text

from adapters.ports import Unavailable
from config.settings import Settings, load_settings
from worker.audit.anchors import Anchor, append_heads, read_anchors, read_heads
from worker.audit.files import FilesError, export, segment_heads, verify_files
from worker.audit.log import AuditLog
from worker.audit.peers import heads_at
from worker.audit.remove import CannotRemove, find_old, finish, remove
from worker.audit.verify import chains, verify
from worker.audit.walk import Flaw
from worker.cli.listing import open_database, print_rows
from worker.cli.who import who
from worker.clock import SHANGHAI, SystemClock
from worker.foreign_text import plain
from worker.keys import load_keys

Answer = TypeVar("Answer")
_SHOWN = 50
_NUMBERS = text("SELECT id, person_no FROM person WHERE id = ANY(:ids)")
_OLDEST = text(
    "SELECT (SELECT min(recorded_at)::date FROM audit_segment) AS event,"
    " (SELECT min(recorded_at)::date FROM payment) AS voucher"
)
_DIRECTORY = click.Path(path_type=Path, file_okay=False)


@click.group("audit", help="The audit log: verify it, export it, anchor its heads elsewhere, remove what is old.")
def command() -> None:
    """Group of the commands below."""


@command.command("verify")
@click.option("--files", type=_DIRECTORY, help="Verify exported files instead of the table: the keys are all it needs.")
@click.option("--against", type=_DIRECTORY, help="Also compare the table with exported files, segment by segment.")
@click.option(
    "--anchors", type=click.Path(path_type=Path, dir_okay=False), help="File of heads; else the settings' one."
)
@click.option("--peers/--no-peers", default=True, show_default=True, help="Ask peers for the heads they keep of ours.")
def verify_chain(files: Path | None, against: Path | None, anchors: Path | None, peers: bool) -> None:
    """Check every event, and the chains against heads kept elsewhere; exits 1 if anything is off."""
    settings, keychain = load_settings(), load_keys(load_settings())
    kept, flaws = _from_file(settings, anchors)
    if files is not None:
        walks = _asked(lambda: verify_files(files, keychain, kept))
        for chain, walk in walks.items():
            click.echo(
                f"chain {plain(chain)}: events {walk.after.events + 1:,} to {walk.end.events:,} are in the files."
            )
        flaws += [flaw for walk in walks.values() for flaw in walk.flaws]
        _conclude(sum(walk.seen for walk in walks.values()), flaws, {})
    with _one_moment() as connection:
        kept += _from_peers(settings, {*chains(connection), *(head.chain for head in kept)}) if peers else []
        kept += _asked(lambda: list(segment_heads(against))) if against else []
        seen, found = verify(connection, keychain, kept)
        flaws += found
        ids = list({flaw.person for flaw in flaws[:_SHOWN] if flaw.person is not None})
        people = {row.id: str(row.person_no) for row in connection.execute(_NUMBERS, {"ids": ids})}
    _conclude(seen, flaws, people)


@command.command("export")
@click.argument("directory", type=_DIRECTORY)
def export_files(directory: Path) -> None:
    """Write what DIRECTORY does not hold yet as JSON lines with their MACs, a file for each chain (mode 0400)."""
    keychain = load_keys(load_settings())
    with _one_moment() as connection:
        written, flaws = _asked(lambda: export(connection, keychain, directory))
    for path in written:
        click.echo(str(path))
    if not written:
        click.echo(f"{directory} holds everything already.")
    _say(flaws, {})
    sys.exit(1 if flaws else 0)


@command.command("anchor")
def anchor_now() -> None:
    """Append the heads of all chains to the file of anchors, now; the peers are given them by the next tick."""
    settings = load_settings()
    with _one_moment() as connection:
        heads = read_heads(connection, SystemClock().now())
    count = _asked(lambda: append_heads(settings.anchors, heads))
    for head in heads:
        click.echo(f"chain {plain(head.chain)}: event {head.events:,}, head {head.head.hex()[:32]}")
    click.echo(f"{settings.anchors}: {count} of {len(heads)} heads are new and appended.")


@command.command("remove")
@click.argument("directory", type=_DIRECTORY)
@click.option("--older-than", type=int, help="Years; not fewer than the settings' retention.events_years.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option("--by", help="Who does it; kept in the stub and the log. Else the user of this machine.")
def remove_old(directory: Path, older_than: int | None, dry_run: bool, by: str | None) -> None:
    """Remove segments older than the retention that DIRECTORY holds; table and files are verified first."""
    settings, keychain = load_settings(), load_keys(load_settings())
    least = settings.retention.events_years
    years, now = older_than or least, SystemClock().now()
    if years < least:
        raise click.UsageError(
            f"Events are kept for {least} years (retention.events_years): nothing younger is removed."
        )
    before = now - timedelta(days=years * 1461 // 4)
    name = "" if dry_run else who(open_database(), by, "audit.remove")
    if not dry_run:
        finish(open_database())
    with _one_moment() as connection:
        old = _asked(lambda: find_old(connection, keychain, directory, before))
    for one in old:
        click.echo(f"chain {plain(one.chain)}: events {one.first:,} to {one.events:,}, segments up to {one.segment:,}.")
    if dry_run or not old:
        click.echo(f"Nothing was removed. Older than {before:%Y-%m-%d}: {len(old)} chains.")
        return
    count = remove(open_database(), keychain, AuditLog(keychain), old, directory, name, now)
    click.echo(
        f"{count:,} segments removed; a stub of each chain says up to where. Keep {directory}: it alone has them."
    )


@command.command("retention")
def show_retention() -> None:
    """Say what is kept how long, since when it is there, and what may be removed now."""
    settings = load_settings()
    kept = settings.retention
    with _one_moment() as connection:
        row = connection.execute(_OLDEST).one()
    rows = [
        {
            "what": "logs 日志", "kept": f"{kept.logs_days} days", "since": _oldest_log(settings),
            "removed": "by `levy up`",
        },
        {
            "what": "events 审计事件", "kept": f"{kept.events_years} years", "since": row.event,
            "removed": "by `levy audit remove`, once exported",
        },
        {"what": "vouchers 凭证", "kept": f"{kept.vouchers_years} years", "since": row.voucher, "removed": "never"},
    ]  # fmt: skip
    print_rows(rows, False, "")


def _oldest_log(settings: Settings) -> date | None:
    written = [path.stat().st_mtime for path in (settings.home / "logs").glob("*.log")]
    return datetime.fromtimestamp(min(written), SHANGHAI).date() if written else None


@contextmanager
def _one_moment() -> Iterator[Connection]:
    """A connection that sees one moment, however long it reads."""
    with open_database().connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        yield connection


def _from_file(settings: Settings, named: Path | None) -> tuple[list[Anchor], list[Flaw]]:
    path = named or settings.anchors
    if named is None and not path.exists():
        click.echo(f"{path} is not there: the chains are compared with no heads of that file.", err=True)
        return [], []
    kept, flaws = _asked(lambda: read_anchors(path))
    click.echo(f"{path}: {len(kept):,} heads to compare with.")
    return kept, flaws


def _from_peers(settings: Settings, names: Iterable[str]) -> list[Anchor]:
    """The heads that peers keep of our chains; a peer that does not answer is said, and no flaw."""
    from worker.wiring import load_peers  # noqa: PLC0415 - only who has peers needs all of it

    kept: list[Anchor] = []
    ports = load_peers(settings).ports if settings.peers else {}
    for peer, port in ports.items():
        try:
            heads = [head for chain in sorted(names) for head in heads_at(peer, port, chain)]
        except Unavailable as error:
            click.echo(f"peer {peer} was not asked: {plain(str(error))}", err=True)
            continue
        click.echo(f"peer {peer}: {len(heads):,} heads to compare with.")
        kept += heads
    return kept


def _asked(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except CannotRemove as error:
        _say(error.flaws, {})
        raise click.ClickException(f"{error}.") from None
    except FilesError as error:
        raise click.ClickException(f"{error}.") from None
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}.") from None


def _conclude(seen: int, flaws: Sequence[Flaw], people: dict[int, str]) -> None:
    click.echo(f"{'FAILS' if flaws else 'holds'}  The audit log of {seen:,} events is whole.")
    _say(flaws, people)
    sys.exit(1 if flaws else 0)


def _say(flaws: Iterable[Flaw], people: dict[int, str]) -> None:
    listed = list(flaws)
    for flaw in listed[:_SHOWN]:
        place = f"chain {plain(flaw.chain)}, segment {flaw.segment or '?'}, event {flaw.position}"
        person = f", person {people.get(flaw.person, f'no. {flaw.person}')}" if flaw.person is not None else ""
        click.echo(f"       {place}{person}: {plain(flaw.sentence)}")
    if len(listed) > _SHOWN:
        click.echo(f"       and {len(listed) - _SHOWN:,} more places")
