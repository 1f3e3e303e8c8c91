"""RabbitMQ as the broker: a quorum queue; neither a killed worker nor a restarted broker loses a job."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kombu.connection import Connection as Broker
from sqlalchemy import Engine, text

from tests.worker.intake.conftest import environment
from tests.worker.jobs.rabbitmq import RabbitMQ, needs_rabbitmq
from tests.worker.jobs.stopped import levy_jobs, stopped
from tests.worker.jobs.workers import Worker, counts
from worker.database.engine import open_engine
from worker.metrics.lookup import _queued
from worker.nudging import QUEUE

__all__ = ["environment"]
pytestmark = [pytest.mark.long, needs_rabbitmq]

MANY = 300


@pytest.fixture
def rabbitmq(tmp_path: Path) -> Iterator[RabbitMQ]:
    with closing(RabbitMQ(tmp_path / "rabbitmq")) as node:
        yield node


def replay(engine: Engine) -> None:
    stopped(engine, MANY)
    levy_jobs("replay", "--kind", "push", "--reason", "x", "--by", "a")
    assert levy_jobs("confirm", "1", "--by", "b").exit_code == 0


def test_jobs_go_through_a_quorum_queue_and_each_is_done_once(
    environment: dict[str, str],
    database_url: str,
    rabbitmq: RabbitMQ,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LEVY_BROKER_URL", rabbitmq.url)
    settings = tmp_path / "settings.yaml"
    settings.write_text("nudge_grace_seconds: 5\nlease_seconds: 5\n", "utf-8")
    monkeypatch.setenv("LEVY_CONFIG", str(settings))
    engine = open_engine(database_url)
    replay(engine)
    with Broker(rabbitmq.url) as broker:  # type: ignore[no-untyped-call]
        declared = broker.default_channel.queue_declare(
            QUEUE, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"}
        )
        assert declared.message_count == MANY
    assert _queued(rabbitmq.url) == MANY
    rabbitmq.stop()
    rabbitmq.start()
    first = Worker(tmp_path / "first", rabbitmq.url)
    first.sweep_until(lambda: counts(engine).get("done", 0) > 0)
    first.kill()
    with closing(Worker(tmp_path / "second", rabbitmq.url)) as second:
        second.sweep_until(lambda: counts(engine) == {"done": MANY})
    with engine.connect() as connection:
        done = connection.execute(
            text("SELECT count(*), count(DISTINCT job_id) FROM job_attempt WHERE outcome = 'done'")
        ).one()
    assert tuple(done) == (MANY, MANY)
    engine.dispose()
