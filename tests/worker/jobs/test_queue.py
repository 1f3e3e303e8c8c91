"""The job table as a queue: one holder at a time, stale writers fenced off, nothing lost."""

import socket
import subprocess
from datetime import date

import psutil
import pytest
from sqlalchemy import Engine, text

from worker.jobs.holders import let_go_of_the_dead, this_process
from worker.jobs.outcome import Done, Later, Parked, Rejected, Unknown
from worker.jobs.queue import ClaimedJob, Fenced, NewJob, claim, due_for_nudge, enqueue, finish, renew

DAY = date(2020, 9, 1)


def add(engine: Engine, key: str = "k", max_attempts: int = 3) -> int:
    with engine.begin() as connection:
        return enqueue(connection, [NewJob("push", key, {"batch": key}, DAY, "610922", max_attempts)])[0]


def take(engine: Engine, job_id: int, lease: float = 30, worker: str = "w1") -> ClaimedJob | None:
    with engine.begin() as connection:
        return claim(connection, job_id, worker, lease)


def state(engine: Engine, job_id: int) -> tuple[str, int]:
    with engine.connect() as connection:
        row = connection.execute(text("SELECT state, attempts FROM job WHERE id = :id"), {"id": job_id}).one()
    return row.state, row.attempts


def write_as(engine: Engine, job: ClaimedJob) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO heartbeat (name, at) VALUES ('stale', now())"))
        finish(connection, job, Done(), 0, 0)


def run_out(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE job SET lease_until = now() - interval '1 s' WHERE state = 'running'"))


def test_a_kind_and_key_are_enqueued_once(engine: Engine) -> None:
    add(engine)
    with engine.begin() as connection:
        assert enqueue(connection, [NewJob("push", "k", {}, DAY)]) == []
        assert len(enqueue(connection, [NewJob("void", "k", {}, DAY)])) == 1


def test_a_job_is_held_by_one_worker_until_its_lease_runs_out(engine: Engine) -> None:
    job_id = add(engine)
    first = take(engine, job_id)
    assert first is not None
    assert first.payload == {"batch": "k"}
    assert take(engine, job_id, worker="w2") is None
    run_out(engine)
    second = take(engine, job_id, worker="w2")
    assert second is not None
    assert second.fence == first.fence + 1


def test_a_worker_whose_lease_was_taken_over_can_write_nothing(engine: Engine) -> None:
    job_id = add(engine)
    stale = take(engine, job_id)
    run_out(engine)
    fresh = take(engine, job_id, worker="w2")
    assert stale is not None
    assert fresh is not None
    with pytest.raises(Fenced):
        write_as(engine, stale)
    with pytest.raises(Fenced), engine.begin() as connection:
        renew(connection, stale, 30)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM heartbeat")).scalar_one() == 0
        finish(connection, fresh, Done(), 0, 0)
    assert state(engine, job_id) == ("done", 2)


def test_a_lost_attempt_is_kept_as_history(engine: Engine) -> None:
    job_id = add(engine)
    take(engine, job_id)
    run_out(engine)
    again = take(engine, job_id, worker="w2")
    assert again is not None
    with engine.begin() as connection:
        finish(connection, again, Rejected("no"), 0, 0.5)
        rows = connection.execute(text("SELECT worker, outcome, reason FROM job_attempt ORDER BY fence")).all()
    assert [tuple(row) for row in rows] == [("w1", "lost", "the lease ran out"), ("w2", "rejected", "no")]


def test_a_job_that_kills_every_worker_is_parked_and_not_looped(engine: Engine) -> None:
    job_id = add(engine, max_attempts=2)
    for _ in range(2):
        assert take(engine, job_id) is not None
        run_out(engine)
    assert take(engine, job_id) is None
    assert state(engine, job_id)[0] == "parked"


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Done(), ("done", 1)),
        (Later("busy"), ("ready", 1)),
        (Later("not yet", failed=False), ("ready", 0)),
        (Rejected("no"), ("rejected", 1)),
        (Unknown("cut"), ("unknown", 1)),
        (Parked("look"), ("parked", 1)),
    ],
)
def test_each_outcome_has_its_state_and_waiting_uses_up_no_attempt(
    engine: Engine, outcome: Done | Later, expected: tuple[str, int]
) -> None:
    job = take(engine, add(engine))
    assert job is not None
    with engine.begin() as connection:
        finish(connection, job, outcome, 60, 0)
    assert state(engine, job.id) == expected
    assert take(engine, job.id) is None, "what waits, or has ended, is not claimed"


def test_the_sweeper_finds_what_is_due_and_what_was_lost_and_nothing_else(engine: Engine) -> None:
    ready, running, lost, ended = (add(engine, key) for key in "abcd")
    take(engine, running)
    take(engine, lost, lease=-1)
    job = take(engine, ended)
    assert job is not None
    with engine.begin() as connection:
        finish(connection, job, Done(), 0, 0)
    with engine.begin() as connection:
        assert sorted(due_for_nudge(connection, 0)) == sorted([ready, lost])
    with engine.begin() as connection:
        assert due_for_nudge(connection, 60) == [], "who was nudged a moment ago is left in peace"


def test_a_holder_that_died_on_this_host_is_not_waited_for(engine: Engine) -> None:
    """A job held by a living process stays; one whose process is gone is due at the next sweep."""
    living, dead = add(engine, "living"), add(engine, "dead")
    gone = subprocess.Popen(["true"])
    began = psutil.Process(gone.pid).create_time()
    take(engine, living, worker=this_process())
    take(engine, dead, worker=f"{socket.gethostname()}/{gone.pid}/{began:.2f}")
    gone.wait()
    with engine.begin() as connection:
        assert let_go_of_the_dead(connection) == 1
        assert due_for_nudge(connection, 0) == [dead], "in the same sweep"
    with engine.begin() as connection:
        assert let_go_of_the_dead(connection) == 0, "once"
    assert take(engine, dead, worker="w2") is not None
