"""Running jobs: whatever happens becomes one of the outcomes."""

import errno
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, text

from adapters.ports import KeyConflict, NotYetAnswered, OutcomeUnknown, Refused, Unavailable
from worker.database.copy import copy_columns
from worker.jobs.outcome import Done, Outcome
from worker.jobs.queue import NewJob, claim, enqueue
from worker.jobs.run import Runner
from worker.jobs.work import Work

DAY = date(2020, 9, 1)


class Bench:
    """A runner whose only flow does what the test says."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.nudged: list[int] = []

    def run(self, flow: object, attempts: int = 3, lease: float = 30) -> tuple[str, str]:
        with self.engine.begin() as connection:
            (job_id,) = enqueue(connection, [NewJob("try", "k", {}, DAY, "610922", attempts)])
        return self.again(flow, job_id, lease)

    def again(self, flow: object, job_id: int, lease: float = 30) -> tuple[str, str]:
        def nudge(ids: Sequence[int]) -> None:
            self.nudged += ids

        word = Runner(self.engine, {"try": flow}, nudge, "w1", lease).run(job_id)  # type: ignore[dict-item]
        with self.engine.connect() as connection:
            state = connection.execute(text("SELECT state FROM job WHERE id = :id"), {"id": job_id}).scalar_one()
        return word, state


@pytest.fixture
def bench(engine: Engine) -> Bench:
    return Bench(engine)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (Unavailable("down"), ("later", "ready")),
        (NotYetAnswered("k", "no result file yet", 60), ("later", "ready")),
        (OutcomeUnknown("k", "cut"), ("unknown", "unknown")),
        (Refused(400, "bad", "no"), ("rejected", "rejected")),
        (KeyConflict("k", "other bytes"), ("parked", "parked")),
        (ValueError("a bug of ours"), ("parked", "parked")),
        (OSError(errno.ENOSPC, "No space left on device"), ("later", "ready")),
    ],
)
def test_each_failure_of_a_neighbour_has_its_outcome(
    bench: Bench, failure: Exception, expected: tuple[str, str]
) -> None:
    def flow(work: Work) -> Outcome:
        raise failure

    assert bench.run(flow) == expected


def test_a_copy_that_the_database_cannot_do_now_is_waited_for(bench: Bench) -> None:
    """As when its disk is full: the connection stays, and the error comes as the driver's own."""

    def flow(work: Work) -> None:
        with bench.engine.begin() as another, work.completing() as connection:
            another.execute(text("LOCK TABLE heartbeat"))
            connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
            copy_columns(connection, "heartbeat", {"name": ["x"], "at": [datetime.now(UTC)]})

    assert bench.run(flow) == ("later", "ready")


def test_an_unclear_answer_that_repeats_is_parked_after_the_last_attempt(bench: Bench) -> None:
    def flow(work: Work) -> Outcome:
        raise OutcomeUnknown("k", "cut")

    assert bench.run(flow, attempts=1) == ("parked", "parked")


def test_what_a_newer_release_called_for_is_left_to_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def flow(work: Work) -> Outcome:
        return Done()

    with monkeypatch.context() as newer:
        newer.setattr("worker.jobs.queue.SHAPE", 2)
        with bench.engine.begin() as connection:
            enqueue(connection, [NewJob("try", "k", {}, DAY), NewJob("of the next release", "k", {}, DAY)])
    jobs = [1, 2]
    assert [bench.again(flow, job) for job in jobs] == [("later", "ready")] * 2
    with bench.engine.begin() as connection:
        told = connection.execute(text("SELECT attempts, outcome->>'cause' FROM job ORDER BY id")).all()
        connection.execute(text("UPDATE job SET next_attempt_at = now()"))
    assert [tuple(row) for row in told] == [(0, "newer_release")] * 2, "no attempt is used up"
    monkeypatch.setattr("worker.jobs.run.SHAPE", 2)
    assert [bench.again(flow, job)[1] for job in jobs] == ["done", "ready"], "shape 2 is read, the kind is unknown"


def test_a_neighbour_that_is_down_is_waited_for_however_long_and_ever_less_often(bench: Bench) -> None:
    def flow(work: Work) -> Outcome:
        raise Unavailable("down")

    assert bench.run(flow, attempts=1) == ("later", "ready")
    waits = []
    for _ in range(12):
        with bench.engine.begin() as connection:
            waits.append(connection.execute(text("SELECT next_attempt_at - now() FROM job")).scalar_one())
            connection.execute(text("UPDATE job SET next_attempt_at = now()"))
        assert bench.again(flow, 1) == ("later", "ready")
    assert waits[0].total_seconds() < 1
    assert 140 < waits[-1].total_seconds() <= 300


def test_an_answer_that_takes_days_is_waited_for_as_long_as_asked_and_uses_up_no_attempt(bench: Bench) -> None:
    def flow(work: Work) -> Outcome:
        raise NotYetAnswered("k", "no result file yet", 900)

    assert bench.run(flow, attempts=1) == ("later", "ready")
    for _ in range(5):
        assert bench.again(flow, 1) == ("not_due", "ready"), "it is not hammered"
        with bench.engine.begin() as connection:
            found = connection.execute(text("SELECT attempts, next_attempt_at - now() AS wait FROM job")).one()
            assert found.attempts == 0
            assert 890 < found.wait.total_seconds() <= 900
            connection.execute(text("UPDATE job SET next_attempt_at = now()"))
        assert bench.again(flow, 1) == ("later", "ready")


def test_what_a_flow_wrote_and_enqueued_goes_when_it_fails(bench: Bench) -> None:
    def flow(work: Work) -> None:
        with work.completing() as connection:
            work.enqueue(connection, [NewJob("next", "n", {}, DAY)])
            raise Unavailable("down")

    assert bench.run(flow) == ("later", "ready")
    with bench.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM job WHERE kind = 'next'")).scalar_one() == 0


def test_jobs_called_for_are_nudged_after_the_commit(bench: Bench) -> None:
    def flow(work: Work) -> None:
        with work.completing() as connection:
            work.enqueue(connection, [NewJob("next", "n", {}, DAY)])

    assert bench.run(flow) == ("done", "done")
    assert len(bench.nudged) == 1


def test_a_flow_that_forgets_its_outcome_is_an_error_and_not_a_success(bench: Bench) -> None:
    with pytest.raises(RuntimeError, match="neither completed"):
        bench.run(lambda _: None)


def test_a_lease_lost_during_the_work_leaves_the_new_holder_in_charge(bench: Bench) -> None:
    def flow(work: Work) -> Outcome:
        with bench.engine.begin() as connection:
            connection.execute(text("UPDATE job SET fence = fence + 1, worker = 'w2'"))
        return Done()

    assert bench.run(flow) == ("fenced", "running")


def test_what_was_written_after_the_lease_was_lost_does_not_stay(bench: Bench) -> None:
    def flow(work: Work) -> None:
        with work.completing() as connection:
            connection.execute(text("INSERT INTO heartbeat (name, at) VALUES ('written', now())"))
            connection.execute(text("UPDATE job SET fence = fence + 1, worker = 'w2'"))

    assert bench.run(flow)[0] == "fenced"
    with bench.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM heartbeat")).scalar_one() == 0


def test_one_statement_longer_than_the_lease_does_not_look_like_a_dead_worker(bench: Bench) -> None:
    def flow(work: Work) -> None:
        with work.completing() as connection:
            connection.execute(text("SELECT pg_sleep(1.2)"))
            with bench.engine.begin() as another:
                held = another.execute(text("SELECT lease_until > now() FROM job WHERE id = :id"), {"id": work.job.id})
                assert held.scalar_one(), "the lease was renewed meanwhile"
                assert claim(another, work.job.id, "w2", 30) is None

    assert bench.run(flow, lease=0.6) == ("done", "done")


HTTP = [
    (Unavailable("busy", 7.0).because("busy", 429, ailing=True), ("later", "busy", 429)),
    (OutcomeUnknown("k", "cut").because("server_error", 500, ailing=True), ("unknown", "server_error", 500)),
    (Refused(422, "bad", "no").because("refused", 422), ("rejected", "refused", 422)),
    (KeyConflict("k", "other bytes").because("key_conflict", 409), ("parked", "key_conflict", 409)),
    (ValueError("a bug of ours"), ("parked", "our_mistake", None)),
]


@pytest.mark.parametrize(("failure", "expected"), HTTP)
def test_each_attempt_is_kept_with_what_came_back(
    bench: Bench, failure: Exception, expected: tuple[str, str, int | None]
) -> None:
    def flow(work: Work) -> Outcome:
        raise failure

    bench.run(flow)
    with bench.engine.connect() as connection:
        found = connection.execute(text("SELECT outcome, cause, status, worker, reason FROM job_attempt")).one()
    assert found[:4] == (*expected, "w1")
    assert found.reason


def test_a_number_of_somebodys_in_a_reason_is_masked_wherever_it_is_kept(bench: Bench) -> None:
    def flow(work: Work) -> Outcome:
        raise Unavailable("no reply to /v1/people/610922199003078519 nor to 6217001000000000012 or push-610922-12")

    bench.run(flow)
    with bench.engine.connect() as connection:
        for query in ("SELECT reason FROM job_attempt", "SELECT outcome->>'reason' FROM job"):
            kept = connection.execute(text(query)).scalar_one()
            assert kept == "no reply to /v1/people/6109**********8519 nor to 6217***********0012 or push-610922-12"


def test_after_a_replay_the_waits_begin_short_again(bench: Bench) -> None:
    def flow(work: Work) -> Outcome:
        raise Unavailable("down")

    bench.run(flow)
    for _ in range(8):
        with bench.engine.begin() as connection:
            connection.execute(text("UPDATE job SET next_attempt_at = now()"))
        bench.again(flow, 1)
    with bench.engine.begin() as connection:
        assert connection.execute(text("SELECT delays FROM job")).scalar_one() == 9
        connection.execute(text("UPDATE job SET next_attempt_at = now(), delays = 0"))
    bench.again(flow, 1)
    with bench.engine.connect() as connection:
        wait = connection.execute(text("SELECT next_attempt_at - now() FROM job")).scalar_one()
    assert wait.total_seconds() < 1
