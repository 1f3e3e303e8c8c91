"""A neighbour that does not answer is left in peace by all processes; then one call goes through to see."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, Engine, text

from adapters.gate import Passage
from adapters.http import Limits
from adapters.ports import OutcomeUnknown, Refused, ShutOff, Unavailable
from adapters.tax.client import TaxClient
from config.settings import Breaker as Pace
from tests.adapters.raw_server import raw_server, reply, says
from tests.adapters.rows_made import due
from tests.adapters.simulated import KEY
from tests.worker.intake.conftest import environment
from tests.worker.jobs.stopped import levy_jobs
from worker.breaker import Breaker, look_at
from worker.cli.status import command as status
from worker.database.engine import open_engine
from worker.exchange import exchange
from worker.jobs.outcome import Outcome
from worker.jobs.queue import NewJob, due_for_nudge, enqueue
from worker.jobs.run import Runner
from worker.jobs.work import Work
from worker.privacy import Vault

__all__ = ["environment"]

PACE = Pace(failures=3, seconds=40, longest_seconds=60)
DOWN = Unavailable("The tax system cannot be reached: refused").because("unreachable", ailing=True)
BUSY = Unavailable("The tax system answered 503", 900.0).because("busy", 503, ailing=True)
NO = Refused(422, "bad", "The tax system refused k").because("refused", 422)
DAY = date(2020, 9, 1)


@pytest.fixture
def breaker(engine: Engine) -> Breaker:
    return Breaker(engine, "tax", PACE, 20)


def fail(breaker: Breaker, times: int = 1, failure: Unavailable = DOWN) -> None:
    for _ in range(times):
        breaker.told(breaker.admit(), failure)


def pause(engine: Engine) -> float:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT extract(epoch FROM retry_at - now())::float FROM breaker"))
        return float(found.scalar_one())


def let_pause_pass(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE breaker SET retry_at = now()")
        connection.exec_driver_sql("UPDATE job SET next_attempt_at = now() WHERE waits_for IS NOT NULL")


def test_after_some_failures_in_a_row_every_process_leaves_the_neighbour_in_peace(
    breaker: Breaker, database_url: str
) -> None:
    fail(breaker, 3)
    other = replace(breaker, engine=open_engine(database_url))
    for one in (breaker, other):
        with pytest.raises(ShutOff, match="tax does not answer and is left in peace for now: The tax system") as shut:
            one.admit()
        assert 28 < (shut.value.retry_after or 0) <= 40
        assert shut.value.neighbour == "tax"
    assert Breaker(breaker.engine, "treasury", PACE, 20).admit() == Passage(), "each neighbour has its own"
    other.engine.dispose()


@pytest.mark.parametrize("sign_of_life", [None, NO])
def test_an_answer_between_begins_the_count_anew_and_a_refusal_is_an_answer(
    breaker: Breaker, sign_of_life: Refused | None
) -> None:
    fail(breaker, 2)
    breaker.told(breaker.admit(), sign_of_life)
    fail(breaker, 2)
    assert breaker.admit().ailing


def test_refusals_never_open_it(breaker: Breaker) -> None:
    for _ in range(10):
        breaker.told(breaker.admit(), NO)
    assert breaker.admit() == Passage()


def test_of_many_that_wait_one_goes_as_a_probe(breaker: Breaker) -> None:
    fail(breaker, 3)
    let_pause_pass(breaker.engine)

    def try_it(_: int) -> bool:
        try:
            return breaker.admit().probe
        except ShutOff:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(try_it, range(12))) == [False] * 11 + [True]
    assert 18 < pause(breaker.engine) <= 20, "a probe whose process dies is followed by another"


def test_each_probe_that_fails_makes_the_pause_longer_up_to_the_longest(breaker: Breaker) -> None:
    fail(breaker, 3)
    first = pause(breaker.engine)
    let_pause_pass(breaker.engine)
    fail(breaker)
    assert first < 40.5
    assert 44 < pause(breaker.engine) <= 60, "not eighty seconds"
    let_pause_pass(breaker.engine)
    fail(breaker, failure=BUSY)
    assert 890 < pause(breaker.engine) <= 900, "the neighbour itself wished a longer one"


def test_a_late_failure_of_a_call_from_before_does_not_prolong_the_pause(breaker: Breaker) -> None:
    early = breaker.admit()
    fail(breaker, 3)
    before = pause(breaker.engine)
    breaker.told(early, DOWN)
    assert pause(breaker.engine) <= before


class Flow:
    """A flow that sends a message to tax through the breaker; what tax says is up to the test."""

    def __init__(self, breaker: Breaker, vault: Vault) -> None:
        self.breaker, self.vault, self.failure, self.sent, self.composed = breaker, vault, None, 0, 0
        self.failure: Unavailable | OutcomeUnknown | None

    def __call__(self, work: Work) -> Outcome | None:
        exchange(work, self.vault, "tax", self.compose, self.call, self.call)
        with work.completing():
            return None

    def compose(self, connection: Connection) -> bytes:
        self.composed += 1
        return b"dues"

    def call(self, key: str, body: bytes) -> str:
        assert body == b"dues"
        passage = self.breaker.admit()
        self.sent += 1
        self.breaker.told(passage, self.failure)
        if self.failure:
            raise self.failure
        return "taken"


@pytest.fixture
def flow(breaker: Breaker, vault: Vault) -> Flow:
    return Flow(breaker, vault)


def due_jobs(engine: Engine) -> list[int]:
    with engine.begin() as connection:
        return due_for_nudge(connection, 0)


def run_due(engine: Engine, flow: Flow) -> int:
    """What the sweeper would have the workers do now."""
    runner = Runner(engine, {"try": flow}, lambda _: None, "w1", 30, lambda name: look_at(engine, name))
    found = due_jobs(engine)
    for job in found:
        runner.run(job)
    return len(found)


def test_while_it_is_open_jobs_wait_lose_no_attempt_and_only_one_tries_when_the_pause_is_over(
    engine: Engine, flow: Flow
) -> None:
    with engine.begin() as connection:
        enqueue(connection, [NewJob("try", str(n), {}, DAY, None, 2) for n in range(20)])
    flow.failure = DOWN
    assert run_due(engine, flow) == 20
    assert (flow.sent, flow.composed) == (3, 3), "the others were not even made ready to go"
    for _ in range(3):
        assert run_due(engine, flow) == 0, "nobody is sent to a closed door"
        let_pause_pass(engine)
        assert run_due(engine, flow) == 1
    assert flow.sent == 6
    with engine.connect() as connection:
        found = connection.execute(text("SELECT DISTINCT state, attempts, waits_for FROM job")).all()
        assert found == [("ready", 0, "tax")]
        causes = connection.execute(text("SELECT DISTINCT outcome->>'cause' FROM job")).scalars()
        assert set(causes) == {"unreachable", "shut_off"}
    flow.failure = None
    let_pause_pass(engine)
    assert run_due(engine, flow) == 1
    assert run_due(engine, flow) == 19, "its success woke all the others"
    with engine.connect() as connection:
        assert connection.execute(text("SELECT DISTINCT state FROM job")).scalars().all() == ["done"]
    assert flow.sent == 6 + 20


@pytest.fixture
def shut(environment: dict[str, str], engine: Engine, flow: Flow) -> Engine:
    """Tax does not answer, and one job waits for it."""
    with engine.begin() as connection:
        enqueue(connection, [NewJob("try", "1", {}, DAY)])
    fail(flow.breaker, 2)
    flow.failure = DOWN
    run_due(engine, flow)
    return engine


def test_an_operator_sees_it_and_can_have_it_tried_at_once(shut: Engine) -> None:
    for said in (levy_jobs().output, CliRunner().invoke(status, env={"COLUMNS": "200"}).output):
        flat = " ".join(said.split())
        assert "after 3 failures in a row" in flat
        assert "1 jobs wait and lose no attempt" in flat
        assert "cannot be reached: refused" in flat
    assert levy_jobs("probe", "treasury").exit_code == 1
    assert "goes through" in levy_jobs("probe", "tax").output
    assert len(due_jobs(shut)) == 1
    assert "the next call is a probe" in levy_jobs().output


def test_a_client_counts_one_call_with_its_retries_and_stops_calling(breaker: Breaker) -> None:
    limits = Limits(connect=1, reply=1, total=3, attempts=2)
    with raw_server(says(reply("503 Service Unavailable", b"{}", "Retry-After: 0"))) as (url, seen):
        tax = TaxClient(url, KEY, limits, random.Random(1), gate=breaker)
        for _ in range(3):
            with pytest.raises(Unavailable):
                tax.payments(None, 10)
        assert len(seen) == 6
        with pytest.raises(ShutOff):
            tax.submit_dues("k", tax.encode_due_batch("k", "610922", 2021, [due()]))
        assert len(seen) == 6, "the fourth did not reach the wire"
        tax.close()


def test_not_yet_is_said_of_one_message_and_keeps_no_other_back(breaker: Breaker) -> None:
    answer = reply("503 Service Unavailable", b'{"code": "not_yet"}', "Retry-After: 5")
    with raw_server(says(answer)) as (url, seen):
        tax = TaxClient(url, KEY, Limits(attempts=1), random.Random(1), gate=breaker)
        for _ in range(5):
            with pytest.raises(Unavailable):
                tax.payments(None, 10)
        assert len(seen) == 5
        tax.close()
    assert breaker.admit() == Passage()


def test_a_database_that_cannot_note_a_failure_does_not_hide_it(breaker: Breaker) -> None:
    passage = breaker.admit()
    with breaker.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE breaker")
    breaker.told(passage, DOWN)
    assert DOWN.neighbour == "tax"
