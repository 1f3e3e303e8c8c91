"""Replay, measured: parked jobs looked at, asked for by one person, confirmed by another, and done by the workers."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, text

from config.settings import load_settings
from worker.bench.ground import DAY
from worker.database.engine import migrate
from worker.house import House
from worker.jobs.choice import Choice
from worker.jobs.intervene import Desk, plan_for
from worker.jobs.queue import NewJob, enqueue
from worker.nudging import client, tell
from worker.servers import Servers
from worker.service import engine_room
from worker.supervisor import Supervisor
from worker.wiring import build_house

_PARK = text(
    "UPDATE job SET state = 'parked', attempts = max_attempts, ended_at = now(),"
    ' outcome = \'{"cause": "lost", "reason": "lost"}\' WHERE kind = \'push\''
)
_LEFT = text("SELECT count(*) FROM job WHERE kind = 'push' AND state <> 'done'")
_ATTEMPTS = text(
    "SELECT count(*), count(DISTINCT job_id) FROM job_attempt JOIN job ON job.id = job_id AND kind = 'push'"
)
_PATIENCE = 900.0


class NotReplayed(Exception):
    """Not every job was done, or one was done twice."""


@dataclass(frozen=True)
class Replayed:
    """Seconds of the dry run, of request and confirmation with telling the workers, and until the last job was done."""

    count: int
    dry_run: float
    confirmed: float
    done: float


def replay(count: int) -> Replayed:
    """Replay so many parked jobs with real workers. Raises ``NotReplayed``."""
    with tempfile.TemporaryDirectory(prefix="levy-bench-") as directory:
        home = Path(directory) / "home"
        home.mkdir(mode=0o700)
        servers, environment = Servers(home), {"LEVY_HOME": str(home)}
        try:
            urls = servers.ensure(follow=True)
            settings = load_settings(environment)
            house = build_house(settings, environment)
            migrate(house.engine)
            _stopped(house.engine, count, settings.area)
            clean = {name: value for name, value in os.environ.items() if not name.startswith("LEVY_")}
            with Supervisor(engine_room(settings, clean | environment), servers):
                measured = _replay(house, urls.broker, settings.replay_alone, count)
            house.engine.dispose()
            return measured
        finally:
            servers.stop()


def _stopped(engine: Engine, count: int, area: str) -> None:
    jobs = [NewJob("push", f"b-{n}", {"batch": f"b-{n}", "first": 0, "last": 0}, DAY, area) for n in range(count)]
    with engine.begin() as connection:
        enqueue(connection, jobs)
        connection.execute(_PARK)


def _replay(house: House, broker: str, alone: int, count: int) -> Replayed:
    begun = time.monotonic()
    with house.engine.begin() as connection:
        plan_for(connection, Choice(kind="push"), "replay")
    looked = time.monotonic()
    with house.engine.begin() as connection:
        plan = plan_for(connection, Choice(kind="push"), "replay")
        number, carried = Desk(house.audit, house.clock, "吴", "bench").request(connection, plan, "measured", alone)
    if carried is None:
        with house.engine.begin() as connection:
            carried = Desk(house.audit, house.clock, "郑", "bench").confirm(connection, number)
    tell(client(broker), carried.due)
    confirmed = time.monotonic()
    while _count(house.engine, _LEFT):
        if time.monotonic() - confirmed > _PATIENCE:
            raise NotReplayed(f"after {_PATIENCE:.0f} s {_count(house.engine, _LEFT):,} jobs are not done")
        time.sleep(0.05)
    done = time.monotonic()
    with house.engine.connect() as connection:
        attempts, jobs = connection.execute(_ATTEMPTS).one()
    if (attempts, jobs) != (count, count):
        raise NotReplayed(f"{attempts:,} attempts at {jobs:,} of {count:,} jobs: each was to be taken up once")
    return Replayed(count, looked - begun, confirmed - looked, done - confirmed)


def _count(engine: Engine, query: object) -> int:
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())  # type: ignore[call-overload]
