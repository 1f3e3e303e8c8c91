"""Heads kept outside the database: a rewrite that fits the key, an older database put back, a cut tail are found."""

from pathlib import Path

from sqlalchemy import Engine

from tests.worker.audit.attack import rewrite, without_guards
from tests.worker.audit.conftest import Record
from tests.worker.conftest import KEYCHAIN, NOW
from worker.audit.anchors import append_heads, read_anchors, read_heads
from worker.audit.verify import verify
from worker.audit.walk import Flaw

CHAIN = "610922"
KEY = KEYCHAIN.newest("audit")


def anchor(engine: Engine, path: Path) -> int:
    with engine.connect() as connection:
        return append_heads(path, read_heads(connection, NOW))


def flaws(engine: Engine, path: Path | None = None) -> list[Flaw]:
    heads, bad_lines = read_anchors(path) if path else ([], [])
    with engine.connect() as connection:
        return bad_lines + verify(connection, KEYCHAIN, heads)[1]


def test_a_head_is_a_line_and_only_news_are_appended(engine: Engine, record: Record, tmp_path: Path) -> None:
    heads = tmp_path / "worm" / "heads.jsonl"
    record(1)
    assert [anchor(engine, heads), anchor(engine, heads)] == [1, 0]
    before = heads.read_bytes()
    record(1)
    assert anchor(engine, heads) == 1
    assert heads.read_bytes().startswith(before)
    assert [one.events for one in read_anchors(heads)[0]] == [3, 6]
    assert heads.stat().st_mode & 0o777 == 0o600
    assert flaws(engine, heads) == []


def test_a_rewrite_with_the_stolen_key_fits_the_database_and_not_the_heads(
    engine: Engine, record: Record, tmp_path: Path
) -> None:
    heads = tmp_path / "heads.jsonl"
    for _ in range(3):
        record(2)
        anchor(engine, heads)
    rewrite(engine, KEY, CHAIN, "UPDATE audit_event SET facts = replace(facts, '28001', '18001') WHERE position = 8")
    assert flaws(engine) == [], "the key was used: nothing inside the database tells"
    (found,) = flaws(engine, heads)
    assert (found.position, found.segment) == (7, 4)
    assert "events 7 to 12 are not those" in found.sentence


def test_a_database_put_back_to_an_older_state_is_found(engine: Engine, record: Record, tmp_path: Path) -> None:
    heads = tmp_path / "heads.jsonl"
    record(4)
    anchor(engine, heads)
    rewrite(
        engine, KEY, CHAIN, "DELETE FROM audit_event WHERE segment > 2", "DELETE FROM audit_segment WHERE segment > 2"
    )
    assert flaws(engine) == []
    (found,) = flaws(engine, heads)
    assert found.position == 7
    assert "the tail was cut" in found.sentence


def test_a_chain_that_is_gone_is_missed(engine: Engine, record: Record, tmp_path: Path) -> None:
    heads = tmp_path / "heads.jsonl"
    record(1)
    anchor(engine, heads)
    without_guards(engine, *(f"DELETE FROM {table}" for table in ("audit_event", "audit_segment", "audit_chain")))
    assert [found.sentence for found in flaws(engine, heads)] == [
        "the chain is gone, heads.jsonl, line 1, keeps heads of it"
    ]


def test_a_head_that_others_made_up_and_a_cut_line_are_told_apart_from_ours(
    engine: Engine, record: Record, tmp_path: Path
) -> None:
    heads = tmp_path / "heads.jsonl"
    record(1)
    anchor(engine, heads)
    true = heads.read_text("utf-8")
    heads.write_text(true.replace('"events":3', '"events":2') + true[:40], "utf-8")
    assert sorted(found.sentence.partition(" ")[2] for found in flaws(engine, heads)) == [
        "2 of " + str(heads) + " is no head: it was cut or written over",
        "line 1, keeps a head that this service did not seal",
    ]
    assert anchor(engine, heads) == 1, "what follows a cut line begins a line of its own"
    assert read_anchors(heads)[0][-1].events == 3
