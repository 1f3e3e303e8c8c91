"""The log as files: verified with the key alone, and compared with the table."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.worker.audit.attack import rewrite
from tests.worker.audit.conftest import Record
from tests.worker.conftest import KEYCHAIN, NOW, keychain
from worker.audit.anchors import read_heads
from worker.audit.files import FilesError, export, segment_heads, verify_files
from worker.audit.verify import verify

CHAIN = "610922"


def exported(engine: Engine, directory: Path) -> list[Path]:
    with engine.connect() as connection:
        written, flaws = export(connection, KEYCHAIN, directory)
    assert flaws == []
    return written


def sentences(directory: Path, keys: object = KEYCHAIN) -> list[str]:
    walks = verify_files(directory, keys)  # type: ignore[arg-type]
    return [flaw.sentence for walk in walks.values() for flaw in walk.flaws]


def test_each_export_goes_on_where_the_last_one_ended(engine: Engine, record: Record, tmp_path: Path) -> None:
    record(2)
    exported(engine, tmp_path)
    assert exported(engine, tmp_path) == []
    record(1)
    (second,) = exported(engine, tmp_path)
    assert second.name == "audit-610922-000000000007-000000000009.jsonl"
    assert second.stat().st_mode & 0o777 == 0o400
    walk = verify_files(tmp_path, KEYCHAIN)[CHAIN]
    assert (walk.seen, walk.end.events, walk.flaws) == (9, 9, [])


def test_files_are_compared_with_heads_kept_elsewhere(engine: Engine, record: Record, tmp_path: Path) -> None:
    record(2)
    with engine.connect() as connection:
        heads = read_heads(connection, NOW)
    rewrite(engine, KEYCHAIN.newest("audit"), CHAIN, "UPDATE audit_event SET person_id = 9 WHERE position = 2")
    exported(engine, tmp_path)
    assert sentences(tmp_path) == []
    (flaw,) = verify_files(tmp_path, KEYCHAIN, heads)[CHAIN].flaws
    assert "rewritten, with the key" in flaw.sentence


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("28001", "18001", "the event, its place or its segment was changed"),
        ('"person":2', '"person":3', "the event, its place or its segment was changed"),
        ("worker:test", "worker:boss", "the event, its place or its segment was changed"),
    ],
)
def test_a_changed_file_is_found_with_segment_event_and_person(
    engine: Engine, record: Record, tmp_path: Path, old: str, new: str, said: str
) -> None:
    record(2)
    (path,) = exported(engine, tmp_path)
    path.chmod(0o600)
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    flaw = verify_files(tmp_path, KEYCHAIN)[CHAIN].flaws[0]
    assert (flaw.sentence, flaw.segment) == (said, 1)
    assert flaw.person in (1, 3, 2)


def test_lines_that_are_gone_or_in_another_order_are_found(engine: Engine, record: Record, tmp_path: Path) -> None:
    record(2)
    (path,) = exported(engine, tmp_path)
    path.chmod(0o600)
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines[:3], *lines[4:]]), "utf-8")
    assert sentences(tmp_path) == ["events 2 to 2 are missing"]
    path.write_text("".join([*lines[:2], lines[3], lines[2], *lines[4:]]), "utf-8")
    assert sentences(tmp_path)[0] == "events 1 to 1 are missing"
    path.write_text("".join(lines[:-1]), "utf-8")
    assert "its tail was cut" in sentences(tmp_path)[0]
    path.write_text("".join(lines[:-2])[:-20], "utf-8")
    with pytest.raises(FilesError, match="cut or written over"):
        sentences(tmp_path)


def test_a_file_between_two_others_that_is_gone_is_missed(engine: Engine, record: Record, tmp_path: Path) -> None:
    for _ in range(3):
        record(1)
        exported(engine, tmp_path)
    sorted(tmp_path.glob("*.jsonl"))[1].unlink()
    assert "goes on from event 6, the file before it ends at 3" in sentences(tmp_path)[0]


def test_another_key_proves_nothing(engine: Engine, record: Record, tmp_path: Path) -> None:
    record(1)
    exported(engine, tmp_path)
    assert sentences(tmp_path, keychain(audit=b"z"))


def test_a_rewritten_table_differs_from_its_export_in_just_that_segment(
    engine: Engine, record: Record, tmp_path: Path
) -> None:
    record(4)
    exported(engine, tmp_path)
    rewrite(engine, KEYCHAIN.newest("audit"), CHAIN, "UPDATE audit_event SET action = 'x' WHERE position = 8")
    with engine.connect() as connection:
        (flaw,) = verify(connection, KEYCHAIN, segment_heads(tmp_path))[1]
    assert (flaw.position, flaw.segment) == (7, 3)
