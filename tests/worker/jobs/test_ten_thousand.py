"""Ten thousand parked jobs are replayed in a handful of statements, and each then runs exactly once."""

import queue
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from kombu.connection import Connection as Broker
from sqlalchemy import Engine, event, text

from config.logging import configure_logging
from tests.worker.intake.conftest import environment
from tests.worker.jobs.stopped import levy_jobs, stopped
from tests.worker.jobs.workers import Worker, counts
from worker.database.engine import open_engine
from worker.jobs.outcome import Outcome
from worker.jobs.queue import due_for_nudge
from worker.jobs.run import Runner
from worker.jobs.work import Work
from worker.nudging import QUEUE

__all__ = ["environment"]

MANY = 10_000
RUN = 1_500
SOME = 300


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that this process sends to the database."""
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def in_haste(engine: Engine) -> None:
    """No commit waits for the disk, and nobody is told of each job: neither is what is shown here."""
    configure_logging("test", level="warning")
    event.listen(engine, "connect", lambda link, _: link.execute("SET synchronous_commit = off") and link.commit())


def waiting(url: str) -> int:
    with Broker(url) as broker:  # type: ignore[no-untyped-call]
        return int(broker.default_channel.client.llen(QUEUE))


def reads_of(url: str) -> int:
    with Broker(url) as broker:  # type: ignore[no-untyped-call]
        return int(broker.default_channel.client.info("stats")["total_reads_processed"])


@pytest.mark.usefixtures("in_haste")
def test_ten_thousand_are_replayed_by_a_handful_of_statements_and_round_trips_and_run_once(
    engine: Engine, own_broker: str
) -> None:
    stopped(engine, MANY)
    with counted() as asking:
        assert "Nothing is done yet" in levy_jobs("replay", "--kind", "push", "--reason", "x", "--by", "a").output
    before = reads_of(own_broker)
    with counted() as confirming:
        assert "Workers were told" in levy_jobs("confirm", "1", "--by", "b").output
    assert len(asking) <= 10, asking
    assert len(confirming) <= 20, confirming
    assert waiting(own_broker) == MANY
    assert reads_of(own_broker) - before < MANY / 5, "they went in pipelines, not one by one"
    with engine.connect() as connection:
        found = connection.execute(text("SELECT state, attempts, count(*) FROM job GROUP BY 1, 2")).all()
        assert found == [("ready", 0, MANY)]
        ids = list(connection.execute(text("SELECT id FROM job ORDER BY id")).scalars())
    with engine.begin() as connection:
        again = due_for_nudge(connection, 0, limit=1_000)
    told = ids[:RUN]  # all of them are run by real workers in `make bench`
    assert run_by_two(engine, [*told, *told, *again]) == dict.fromkeys({*told, *again}, 1), (
        "once each, however often it is told of"
    )


def run_by_two(engine: Engine, told: list[int]) -> Counter[int]:
    """Two runners go through what they are told of; how often each job ran."""
    work: queue.SimpleQueue[int] = queue.SimpleQueue()
    for job in told:
        work.put(job)
    ran: Counter[int] = Counter()

    def flow(job: Work) -> Outcome | None:
        ran[job.job.id] += 1
        with job.completing():
            return None

    def run(name: str) -> None:
        runner = Runner(engine, {"push": flow}, lambda _: None, name, 30)
        while not work.empty():
            try:
                runner.run(work.get_nowait())
            except queue.Empty:
                return

    both = [threading.Thread(target=run, args=(name,)) for name in ("w1", "w2")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    return ran


def test_replayed_with_broker_and_workers_down_they_run_when_both_are_back(
    environment: dict[str, str], database_url: str, own_broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(database_url)
    monkeypatch.setenv("LEVY_BROKER_URL", "redis://127.0.0.1:1/0")
    stopped(engine, SOME)
    levy_jobs("replay", "--kind", "push", "--reason", "x", "--by", "a")
    told = levy_jobs("confirm", "1", "--by", "b")
    assert told.exit_code == 0
    assert "The broker does not answer: the sweeper tells the workers when it is back" in told.output
    assert counts(engine) == {"ready": SOME}
    monkeypatch.setenv("LEVY_BROKER_URL", own_broker)
    settings = tmp_path / "settings.yaml"
    settings.write_text("nudge_grace_seconds: 5\n", "utf-8")
    monkeypatch.setenv("LEVY_CONFIG", str(settings))
    with closing(Worker(tmp_path / "worker", own_broker)) as worker:
        worker.sweep_until(lambda: counts(engine) == {"done": SOME})
    with engine.connect() as connection:
        most = connection.execute(text("SELECT count(*), count(DISTINCT job_id) FROM job_attempt")).one()
    assert tuple(most) == (SOME, SOME), "each was taken up once"
    engine.dispose()
