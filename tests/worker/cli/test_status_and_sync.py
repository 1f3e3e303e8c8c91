"""`levy status` says whether anybody works and what came to a stop; `levy sync` does not wait for nobody."""

import re
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from config.settings import load_settings
from tests.worker.intake.conftest import environment
from worker import asked_round
from worker.asked_round import RoundRefused, begin_round, do_round, jobs_of_round, newest_round
from worker.cli.status import command as status
from worker.clock import set_season_date
from worker.jobs.queue import NewJob, enqueue
from worker.rounds import NobodyWorks, NotAtRest, Patience, run_round, wait_until_rest
from worker.wiring import build_house

__all__ = ["environment"]

DAY = date(2020, 9, 1)


def put(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def add(engine: Engine, kind: str, count: int, state: str, reason: str | None = None) -> None:
    with engine.begin() as connection:
        ids = enqueue(connection, [NewJob(kind, f"{state}-{reason}-{at}", {}, DAY) for at in range(count)])
        connection.execute(
            text(
                "UPDATE job SET state = :state, outcome = jsonb_build_object('reason', CAST(:reason AS text)),"
                " ended_at = now() WHERE id = ANY(:ids)"
            ),
            {"state": state, "reason": reason, "ids": ids},
        )


def lines() -> str:
    told = CliRunner().invoke(status, env={"COLUMNS": "80"})
    assert told.exit_code == 0, told.output
    assert max(map(len, told.output.splitlines())) <= 80
    return " ".join(told.output.split())


def test_jobs_that_came_to_a_stop_are_counted_with_their_most_frequent_reason(
    environment: dict[str, str], engine: Engine
) -> None:
    add(engine, "push", 2, "parked", "after 8 attempts: The tax system cannot be reached")
    add(engine, "push", 1, "parked", "another")
    add(engine, "intake", 1, "rejected", "The file is empty.")
    add(engine, "assess", 4, "ready")
    said = lines()
    assert "parked push 3 after 8 attempts: The tax system cannot be reached" in said
    assert "rejected intake 1 The file is empty." in said
    assert "ready assess 4" in said


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (None, "no worker or no beat is running: last sweep never. `levy up` starts both"),
        ("1 hour", "no worker or no beat is running: last sweep 60 min ago"),
        ("1 second", "workers at work, last sweep"),
    ],
)
def test_a_sweep_long_ago_means_that_nobody_works(
    environment: dict[str, str], engine: Engine, age: str | None, said: str
) -> None:
    if age:
        put(engine, f"INSERT INTO heartbeat VALUES ('sweep', now() - interval '{age}')")
    assert said in lines()


def test_broker_and_neighbours_are_told_of(
    environment: dict[str, str], engine: Engine, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(engine, "tick.pull_payments", 1, "done")
    said = lines()
    assert "broker at 127.0.0.1:1 does not answer" in said
    assert re.search(r"tax answered \d+ s ago treasury was never asked with success", said)
    monkeypatch.setenv("LEVY_BROKER_URL", broker_url)
    said = lines()
    assert "answers" in said
    assert "@" not in said


def round_of(engine: Engine) -> None:
    run_round(engine, lambda _: None, "610922", DAY, [["intake"]], timeout_seconds=3, patience=Patience(1.0))


def test_a_round_for_which_nobody_works_ends_soon_and_its_jobs_stay(engine: Engine) -> None:
    with pytest.raises(NobodyWorks, match=r"is `levy up` running\? 1 jobs wait"):
        round_of(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT state FROM job")).scalars().all() == ["ready"]


@pytest.mark.parametrize(
    "sign",
    [
        "INSERT INTO heartbeat VALUES ('sweep', now() + interval '1 hour')",
        "INSERT INTO job (kind, key, payload, business_date, max_attempts, state, lease_until)"
        " VALUES ('push', 'k', '{}', '2020-09-01', 8, 'running', now() + interval '1 hour')",
    ],
)
def test_a_round_waits_while_there_is_a_sign_of_life(engine: Engine, sign: str) -> None:
    put(engine, sign)
    with pytest.raises(NotAtRest):
        round_of(engine)


def test_a_job_that_waits_for_its_next_attempt_is_not_nobodys(engine: Engine) -> None:
    add(engine, "push", 1, "ready")
    put(engine, "UPDATE job SET next_attempt_at = now() + interval '20 s'")
    with pytest.raises(NotAtRest):
        wait_until_rest(engine, 2.0, patience=Patience(0.5))


def test_a_round_that_is_asked_for_is_alone_until_it_ends_or_whoever_did_it_is_gone(
    environment: dict[str, str], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked_round, "IDLE_SECONDS", 0.5)
    house = build_house(load_settings())
    with engine.begin() as connection:
        set_season_date(connection, DAY)
    with pytest.raises(RoundRefused, match="no scheduled work burn"):
        begin_round(house, "he", ["burn"])
    first = begin_round(house, "he", ["intake"])
    with pytest.raises(RoundRefused, match="that he asked for is under way"):
        begin_round(house, "bao")
    put(engine, "UPDATE asked_round SET alive_until = now()")
    with engine.connect() as connection:
        lost = newest_round(connection)
    assert lost is not None
    assert (lost["under_way"], lost["ended_at"], lost["ticks"]) == (False, None, ["intake"])
    with pytest.raises(NobodyWorks):
        do_round(house, lambda _: None, begin_round(house, "bao", ["assess"]))
    with engine.connect() as connection:
        newest = newest_round(connection)
        assert newest is not None
        ((_, job, state),) = (tuple(one.values()) for one in jobs_of_round(connection, newest))
    assert (job is not None, state) == (True, "ready")
    assert newest["failed"].startswith("no worker takes up jobs")
    assert newest["id"] > first.number
