"""Old segments are removed once their export verifies; a stub stays, and the chain is verified from it as before."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from tests.worker.audit.attack import without_guards
from tests.worker.audit.conftest import Record
from tests.worker.audit.test_files import exported
from tests.worker.conftest import KEYCHAIN, NOW
from tests.worker.flows.conftest import desk, environment, stage
from tests.worker.flows.stage import Stage
from worker.audit.anchors import append_heads, read_anchors, read_heads
from worker.audit.files import FilesError, verify_files
from worker.audit.log import AuditLog, Event, Origin
from worker.audit.remove import CannotRemove, Old, find_old, finish, remove
from worker.audit.verify import verify
from worker.casefile.read import Reading, open_case
from worker.cli import audit as command
from worker.ledger.check import check_ledger
from worker.logfiles import put_away

__all__ = ["desk", "environment", "stage"]
CHAIN, LATER = "610922", NOW + timedelta(days=1)


def old_of(engine: Engine, files: Path, before: datetime = LATER) -> list[Old]:
    with engine.connect() as connection:
        return find_old(connection, KEYCHAIN, files, before)


def removed(engine: Engine, audit: AuditLog, files: Path) -> int:
    return remove(engine, KEYCHAIN, audit, old_of(engine, files), files, "lin", NOW)


def flaws(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return [flaw.sentence for flaw in verify(connection, KEYCHAIN)[1]]


@pytest.fixture
def pruned(engine: Engine, audit: AuditLog, record: Record, tmp_path: Path) -> Path:
    """Three segments are exported, anchored and removed; the event that says so stands after them."""
    record(3)
    with engine.connect() as connection:
        append_heads(tmp_path / "heads.jsonl", read_heads(connection, NOW))
    exported(engine, tmp_path / "files")
    assert removed(engine, audit, tmp_path / "files") == 3
    return tmp_path / "files"


def test_the_chain_goes_on_from_its_stub_and_the_files_hold_the_rest(
    engine: Engine, record: Record, pruned: Path
) -> None:
    record(1)
    heads, _ = read_anchors(pruned.parent / "heads.jsonl")
    with engine.connect() as connection:
        assert verify(connection, KEYCHAIN, heads) == (4, [])
        left = connection.execute(text("SELECT min(position), max(position) FROM audit_event")).one()
    assert tuple(left) == (10, 13)
    exported(engine, pruned)
    assert verify_files(pruned, KEYCHAIN, heads)[CHAIN].flaws == []
    assert verify_files(pruned, KEYCHAIN, heads)[CHAIN].seen == 13


def test_a_second_removal_needs_only_the_files_since(
    engine: Engine, audit: AuditLog, record: Record, pruned: Path
) -> None:
    record(1)
    (first,) = pruned.glob("*.jsonl")
    exported(engine, pruned)
    first.unlink()
    assert removed(engine, audit, pruned) == 2, "the one that tells of the first removal, and the one after it"
    assert flaws(engine) == []


@pytest.mark.parametrize("table", ["audit_event", "audit_segment", "audit_stub"])
def test_the_database_deletes_nothing_that_no_stub_covers(engine: Engine, pruned: Path, table: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), engine.begin() as connection:
        connection.execute(text(f"DELETE FROM {table}"))


def test_nothing_is_removed_that_is_not_in_the_files_or_does_not_verify(
    engine: Engine, audit: AuditLog, record: Record, tmp_path: Path
) -> None:
    record(2)
    with pytest.raises(FilesError, match="holds no exported files"):
        removed(engine, audit, tmp_path)
    exported(engine, tmp_path)
    record(1)
    with pytest.raises(FilesError, match="the files end at event 6"):
        removed(engine, audit, tmp_path)
    (path,) = tmp_path.glob("*.jsonl")
    path.chmod(0o600)
    whole = path.read_text("utf-8")
    path.write_text(whole.replace("28001", "18001"), "utf-8")
    exported(engine, tmp_path)
    with pytest.raises(CannotRemove, match="the exported files do not verify"):
        removed(engine, audit, tmp_path)
    path.write_text(whole, "utf-8")
    without_guards(engine, "UPDATE audit_event SET person_id = 9 WHERE position = 2")
    with pytest.raises(CannotRemove, match="does not verify"):
        removed(engine, audit, tmp_path)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_event")).scalar_one() == 9


def test_a_forged_stub_is_found(engine: Engine, pruned: Path) -> None:
    without_guards(engine, "UPDATE audit_stub SET until = until + 400")
    assert flaws(engine) == ["the stub of what was removed was not written by this service"]


def test_what_was_interrupted_is_said_and_gone_on_with(
    engine: Engine, audit: AuditLog, record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(2)
    exported(engine, tmp_path)
    monkeypatch.setattr("worker.audit.remove.finish", lambda _: 0)
    removed(engine, audit, tmp_path)
    assert flaws(engine) == ["events stand where a stub says that they were removed"]
    assert finish(engine) == 2
    assert flaws(engine) == []


def test_books_are_checked_and_case_files_read_without_the_events_that_were_removed(
    stage: Stage, tmp_path: Path
) -> None:
    stage.pay(1, date(2020, 10, 15))
    stage.tick(date(2020, 10, 15), "pull_payments", "disburse", "funds")
    house, files = stage.house, tmp_path / "files"
    shown = CliRunner().invoke(command.command, ["export", str(files)])
    assert shown.exit_code == 0, shown.output
    young = CliRunner().invoke(command.command, ["remove", str(files)])
    assert "Nothing was removed" in young.output, "nothing is thirty years old"
    assert CliRunner().invoke(command.command, ["remove", str(files), "--older-than", "1"]).exit_code == 2
    with house.engine.connect() as connection:
        old = find_old(connection, house.keychain, files, datetime.now(UTC) + timedelta(days=1))
    assert remove(house.engine, house.keychain, house.audit, old, files, "lin", house.clock.now()) > 0
    assert stage.desk.one("SELECT count(*) FROM audit_event WHERE action = 'levy.assessed'") == 0
    with house.engine.connect() as connection:
        assert check_ledger(connection) == []
    notes = open_case(house, "6109220000000001", Reading("lin", "text")).notes
    assert "were exported and removed" in notes[0]
    whole = CliRunner().invoke(command.command, ["verify"])
    assert whole.exit_code == 0, whole.output
    assert CliRunner().invoke(command.command, ["retention"]).exit_code == 0


def test_logs_are_put_away_by_day_and_removed_when_they_are_old(tmp_path: Path) -> None:
    today = date(2026, 11, 24)
    for name, day in (("worker.log", today - timedelta(days=3)), ("beat.log", today), ("door-2026-01-01.log", today)):
        (tmp_path / name).write_text("x\n", "utf-8")
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
        os.utime(tmp_path / name, (moment, moment))
    assert [path.name for path in put_away(tmp_path, 184, today)] == ["door-2026-01-01.log"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["beat.log", "worker-2026-11-21.log"]
    assert put_away(tmp_path, 184, today + timedelta(days=200)) != []


def test_a_young_segment_keeps_all_that_follow_it(
    engine: Engine, audit: AuditLog, origin: Origin, record: Record, tmp_path: Path
) -> None:
    record(1)
    with engine.begin() as connection:
        audit.record(connection, origin, [Event("x", None, {})], LATER)
    record(1)
    exported(engine, tmp_path)
    assert [(one.segment, one.events) for one in old_of(engine, tmp_path)] == [(1, 3)]
