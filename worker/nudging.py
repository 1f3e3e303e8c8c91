"""Telling the workers of jobs through the broker: ids only, in pipelines; a broker that is down loses nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import structlog
from celery import Celery
from kombu.exceptions import OperationalError
from kombu.messaging import Producer

QUEUE = "levy"
_REDIS = {"visibility_timeout": 3600, "socket_timeout": 10.0, "socket_connect_timeout": 2.0, "socket_keepalive": True}
_RABBITMQ = {"confirm_publish": True, "read_timeout": 10.0, "write_timeout": 10.0}
JOB = "levy.job"
_PIPELINE = 1000
_log = structlog.get_logger("nudging")


def broker_settings(broker_url: str) -> dict[str, Any]:
    """Celery's settings for this broker: the queue, and how long one that is half-open may hold whoever publishes.

    At RabbitMQ the queue is a quorum queue, so that it outlives a node, and a message counts once the broker has it.
    """
    rabbitmq = broker_url.startswith(("amqp:", "amqps:", "pyamqp:"))
    return {
        "task_default_queue": QUEUE,
        "task_default_queue_type": "quorum" if rabbitmq else "classic",
        "broker_connection_timeout": 2.0,
        "broker_transport_options": _RABBITMQ if rabbitmq else _REDIS,
    }


def client(broker_url: str) -> Celery:
    """An app that can only publish, for commands that run no jobs themselves."""
    app = Celery("levybridge", broker=broker_url)
    app.conf.update(task_serializer="json", task_ignore_result=True, **broker_settings(broker_url))
    return app


def tell(app: Celery, job_ids: Sequence[int]) -> bool:
    """Tell the workers that jobs are due; whether the broker took it. If not, the sweeper tells them later."""
    if not job_ids:
        return True
    down: tuple[type[BaseException], ...] = (OperationalError, OSError, TimeoutError)
    try:
        with app.producer_pool.acquire(block=True, timeout=5) as producer:
            down += tuple(producer.connection.connection_errors)
            _send(app, producer, job_ids[:1])  # by itself: it makes the queue known
            for at in range(1, len(job_ids), _PIPELINE):
                with _pipelined(producer.channel):
                    _send(app, producer, job_ids[at : at + _PIPELINE])
    except down as error:
        _log.warning("nudge.lost", jobs=len(job_ids), reason=type(error).__name__)
        return False
    return True


def _send(app: Celery, producer: Producer, job_ids: Sequence[int]) -> None:
    for job_id in job_ids:
        app.send_task(JOB, args=[job_id], producer=producer, retry=False)


@contextmanager
def _pipelined(channel: Any) -> Iterator[None]:
    """Whatever is published within goes to the broker in one round trip at the end; RabbitMQ wants no pipeline."""
    if not hasattr(channel, "conn_or_acquire"):
        yield
        return
    with channel.conn_or_acquire() as connection, connection.pipeline(transaction=False) as pipeline:
        channel.conn_or_acquire = lambda client=None: nullcontext(client or pipeline)
        try:
            yield
            pipeline.execute()
        finally:
            del channel.conn_or_acquire
