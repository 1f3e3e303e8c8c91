"""The processes of a real worker share one breaker: a dead neighbour is called a few times, not by every job."""

from contextlib import closing
from pathlib import Path
from socket import socket

import pytest
from sqlalchemy import Engine, text

from tests.adapters.raw_server import raw_server, reply
from tests.worker.intake.conftest import environment
from tests.worker.jobs.stopped import DAY
from tests.worker.jobs.workers import Worker, counts
from worker.jobs.queue import NewJob, enqueue

__all__ = ["environment"]

BUSY = reply("500 Internal Server Error", b"{}")
EMPTY = reply("200 OK", b'{"items": [], "next_cursor": "0", "more": false}')
PACE = "breaker: {failures: 3, seconds: 1, longest_seconds: 2}\nnudge_grace_seconds: 1\nworkers: 2\n"
TRIES = 3
"""Of one call, within it."""


def test_forty_jobs_call_a_dead_neighbour_a_few_times_and_all_are_done_when_it_is_back(
    engine: Engine, own_broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = False

    def tax(connection: socket) -> None:
        connection.sendall(EMPTY if well else BUSY)

    def probed() -> bool:
        with engine.connect() as connection:
            return (connection.execute(text("SELECT max(openings) FROM breaker")).scalar_one() or 0) >= 3

    (tmp_path / "settings.yaml").write_text(PACE, "utf-8")
    monkeypatch.setenv("LEVY_CONFIG", str(tmp_path / "settings.yaml"))
    with raw_server(tax) as (url, seen):
        monkeypatch.setenv("LEVY_TAX_URL", url)
        with engine.begin() as connection:
            enqueue(connection, [NewJob("tick.pull_payments", str(n), {}, DAY, "610922") for n in range(40)])
        with closing(Worker(tmp_path / "worker", own_broker)) as worker:
            worker.sweep_until(probed)
            with engine.connect() as connection:
                failed = connection.execute(
                    text("SELECT failures, openings FROM breaker WHERE neighbour = 'tax'")
                ).one()
            assert failed.failures <= 3 + 1 + failed.openings, "two processes: one more may have been on its way"
            assert len(seen) <= TRIES * (failed.failures + 1)
            assert counts(engine).get("parked") is None
            well = True
            worker.sweep_until(lambda: counts(engine) == {"done": 40})
