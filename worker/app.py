"""The Celery app: it carries job ids from the database to worker processes, and beat's ticks; nothing else."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import structlog
from celery import Celery
from celery.exceptions import WorkerShutdown
from celery.signals import after_task_publish, beat_init, setup_logging, worker_init, worker_process_init, worker_ready
from sqlalchemy import text

from config.logging import configure_logging
from config.settings import Schedule, load_settings
from worker.clock import NoSeason
from worker.database.engine import open_engine
from worker.database.versions import misfit
from worker.jobs.holders import let_go_of_the_dead
from worker.jobs.queue import due_for_nudge
from worker.metrics.declared import TICKS as SENT
from worker.metrics.listener import clear, listen
from worker.nudging import JOB, broker_settings, tell
from worker.secret_faults import SecretsRefused, refuse_faulty
from worker.servers import open_servers
from worker.ticks import tick as call_tick

if TYPE_CHECKING:
    from worker.house import House
    from worker.jobs.run import Runner

_log = structlog.get_logger("app")
_BEAT = text(
    "INSERT INTO heartbeat AS h (name, at) VALUES ('sweep', now()) ON CONFLICT (name) DO UPDATE SET at = excluded.at"
    " WHERE h.at <= now() - make_interval(secs => :every) RETURNING name"
)
os.umask(0o077)  # what a worker or beat writes is its owner's alone
settings = load_settings()

_broker = open_servers(settings).ensure().broker
app = Celery("levybridge", broker=_broker)
app.conf.update(
    # The row in the database is the truth: a message may be lost, repeated or late without harm.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=2,
    worker_concurrency=settings.workers,
    worker_hijack_root_logger=False,
    worker_max_memory_per_child=500_000,  # KiB
    worker_soft_shutdown_timeout=10.0,
    worker_enable_soft_shutdown_on_idle=False,
    broker_connection_retry_on_startup=True,
    **broker_settings(_broker),
    # A job keeps its lease for as long as it works, and ends at these limits.
    task_soft_time_limit=settings.job_seconds,
    task_time_limit=settings.job_seconds + 30,
    timezone="Asia/Shanghai",
    beat_schedule={
        # Nothing expires: a worker whose clock is fast would take everything for too old.
        "sweep": {"task": "levy.sweep", "schedule": settings.sweep_seconds},
        **{
            name: {
                "task": "levy.tick",
                "schedule": getattr(settings.schedule, name),
                "args": [name],
            }
            for name in Schedule.model_fields
        },
    },
)


@setup_logging.connect
def _logs(**_: object) -> None:
    configure_logging("celery")


@worker_init.connect
@beat_init.connect
def _refuse_faulty_secrets(**_: object) -> None:
    try:
        refuse_faulty(settings)
    except SecretsRefused as error:
        raise SystemExit(f"levy: {error}") from None


@worker_init.connect
def _is_read_once(**_: object) -> None:
    """Law and flows are read by whoever does jobs alone: beat starts in half the time. Before the processes fork."""
    import_module("worker.wiring")


@worker_process_init.connect
def _fresh_process(**_: object) -> None:
    gc.freeze()
    runner.cache_clear()
    house.cache_clear()
    runner()  # the law is read before the first job, not during it


@worker_init.connect
def _fits(**_: object) -> None:
    """A worker does not begin on a database whose schema it would read wrongly."""
    engine = open_engine(open_servers(settings).ensure().database)
    with engine.connect() as connection:
        problem = misfit(connection)
    engine.dispose()
    if problem:
        raise WorkerShutdown(problem)


@worker_init.connect
def _forget_former_counts(**_: object) -> None:
    clear()


@worker_ready.connect
def _ready(**_: object) -> None:
    listen(settings, "worker")  # the processes that work were forked before it
    if sign := os.environ.get("LEVY_READY_FILE"):
        Path(sign).touch()


@beat_init.connect
def _beats(**_: object) -> None:
    after_task_publish.connect(_sent, weak=False)
    listen(settings, "beat")


def _sent(sender: str = "", headers: Mapping[str, object] = MappingProxyType({}), **_: object) -> None:
    """Beat's own message left: a sweep, or a tick with its kind as the only argument."""
    SENT.labels("sweep" if sender == "levy.sweep" else str(headers.get("argsrepr", ""))[2:-2]).inc()


@cache
def house() -> House:
    """This process's house, with connections of its own."""
    from worker.wiring import build_house  # noqa: PLC0415 - see ``_is_read_once``

    return build_house(settings)


@cache
def runner() -> Runner:
    """This process's runner."""
    from worker.wiring import build_runner  # noqa: PLC0415

    return build_runner(house(), nudge)


def nudge(job_ids: Sequence[int]) -> None:
    """Tell the workers that jobs are due. A broker that is down loses nothing: the sweeper asks again."""
    tell(app, job_ids)


@app.task(name=JOB)
def run_job(job_id: int) -> str:
    """Run one job if it is due."""
    return runner().run(job_id)


@app.task(name="levy.tick")
def run_tick(name: str) -> None:
    """Beat asks for one kind of scheduled work."""
    every: float = getattr(settings.schedule, name)
    try:
        today = house().clock.today()
    except NoSeason:
        return  # its conductor has not set a day yet
    job_id = call_tick(house().engine, name, every, today, settings.area)
    if job_id is not None:
        nudge([job_id])


@app.task(name="levy.sweep")
def sweep() -> None:
    """Nudge whatever is due or whose lease ran out; of sweeps that piled up, one is enough."""
    with house().engine.begin() as connection:
        if connection.execute(_BEAT, {"every": settings.sweep_seconds / 2}).one_or_none() is None:
            return
        gone = let_go_of_the_dead(connection)
        waiting = due_for_nudge(connection, settings.nudge_grace_seconds)
    if waiting:
        _log.info("sweep", nudged=len(waiting), holders_gone=gone)
        nudge(waiting)
