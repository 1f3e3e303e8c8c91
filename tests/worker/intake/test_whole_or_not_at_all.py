"""A file goes in whole or not at all, however the process ends and whoever else is at it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.simulators.bureau.season import synthesize
from config.areas import load_areas
from tests.adapters.bureau.reading import ENROLMENT, FLAG, lines_of
from tests.worker.intake.conftest import Desk

MERGING = text("SELECT pg_advisory_lock(hashtext('merging a file of the bureau'))")
DONE = text("SELECT pg_advisory_unlock(hashtext('merging a file of the bureau'))")
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
LEVY = "from worker.cli import main; main()"


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    synthesize(load_areas()["610922"], 2021, seed=5, share=0.01, directory=tmp_path / "files")
    return next((tmp_path / "files").rglob("*城关镇.csv"))


def test_a_process_killed_in_the_middle_leaves_nothing_and_the_next_one_does_it_all(
    desk: Desk, environment: dict[str, str], roster: Path
) -> None:
    with desk.engine.connect() as holding:
        holding.execute(MERGING)  # all rows are staged when intake comes to this lock
        process = subprocess.Popen([sys.executable, "-c", LEVY, "intake", str(roster)])
        until(lambda: desk.one(WAITING) == 1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        holding.execute(DONE)
    until(lambda: desk.one("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'") == 0)
    assert desk.counts() == dict.fromkeys(desk.counts(), 0)
    assert desk.one("SELECT count(*) FROM intake_file") == 0

    taken = desk.take(roster.read_bytes(), roster.name)
    assert desk.counts()["enrolment"] == taken.added == taken.rows - taken.quarantined
    assert desk.events() == ["intake.taken"]


def test_a_connection_lost_in_the_middle_leaves_nothing(desk: Desk, roster: Path) -> None:
    with desk.engine.connect() as holding, ThreadPoolExecutor() as pool:
        holding.execute(MERGING)
        taking = pool.submit(desk.take, roster.read_bytes(), roster.name)
        until(lambda: desk.one(WAITING) == 1)
        desk.rows("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        assert taking.exception(timeout=120) is not None
        holding.execute(DONE)
    assert desk.counts() == dict.fromkeys(desk.counts(), 0)
    assert desk.take(roster.read_bytes(), roster.name).outcome == "taken"


def test_two_workers_at_the_same_file_take_it_once(desk: Desk, roster: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(lambda name: desk.take(roster.read_bytes(), name).outcome, ("a.csv", "b.csv")))
    assert outcomes == ["repeated", "taken"]
    assert desk.one("SELECT count(*) FROM intake_file") == 1
    assert desk.chain_is_whole()


def test_lists_that_name_the_same_people_go_in_side_by_side(desk: Desk) -> None:
    roster = lines_of(ENROLMENT)
    flags = [lines_of(FLAG | {"category": word}) for word in ("低保", "建档立卡", "优抚", "计生户")]
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(desk.take, [*flags, roster], ["a", "b", "c", "d", "e"]))
    assert (desk.counts()["person"], desk.counts()["identity_flag"]) == (1, 4)
    assert desk.one("SELECT person_no FROM person") == ENROLMENT["person_no"]


def test_a_flag_that_comes_during_an_assessment_is_not_forgotten(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT))
    with desk.engine.connect() as assessing, ThreadPoolExecutor() as pool:
        assessing.execute(text("SELECT id FROM enrolment FOR UPDATE"))
        taking = pool.submit(desk.take, lines_of(FLAG), "flags.csv")
        until(lambda: desk.one("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0)
        assessing.execute(text("UPDATE enrolment SET stale = false"))
        assessing.commit()
        assert taking.result(timeout=120).added == 1
    assert desk.one("SELECT stale FROM enrolment") is True


def test_persons_and_files_are_never_deleted(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT))
    for table in ("person", "enrolment", "intake_file"):
        with pytest.raises(Exception, match="never deleted"), desk.engine.begin() as connection:
            connection.execute(text(f"DELETE FROM {table}"))
