"""What Prometheus is told: how the installation stands, what several processes counted, and nothing where none asks."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from config.settings import Metrics
from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.worker.flows.stage import Stage
from tests.worker.intake.conftest import Desk, desk, environment
from tests.worker.jobs.stopped import message_left, stopped
from worker.metrics import lookup
from worker.metrics.listener import listen
from worker.metrics.lookup import State
from worker.report.summary import kept, renew
from worker.servers.ports import choose_port

__all__ = ["desk", "environment"]
Told = dict[tuple[str, ...], float]


def told(text: str) -> Told:
    """Each sample: its name and the values of its labels in the order of their names."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def state(desk: Desk, broker_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CollectorRegistry]:
    """The state of a house, looked at anew each time."""
    monkeypatch.setenv("LEVY_BROKER_URL", broker_url.rsplit("/", 1)[0] + "/9")
    monkeypatch.setattr(lookup, "KEPT_SECONDS", 0.0)
    desk.house.settings = desk.house.settings.model_copy(update={"broker_url": os.environ["LEVY_BROKER_URL"]})
    registry = CollectorRegistry()
    registry.register(State(desk.house, partial(kept, area="610922", insured_year=2021)))
    yield registry
    desk.engine.dispose()


def test_what_stands_still_is_told(desk: Desk, state: CollectorRegistry) -> None:
    county = Stage(desk)
    assert desk.take(lines_of(ENROLMENT)).outcome == "taken"
    county.tick(date(2020, 9, 2), "assess")
    assert ("levy_money_fen", "accepted", "due") not in told(generate_latest(state).decode()), "never read"
    renew(desk.engine, desk.house.settings)
    before = told(generate_latest(state).decode())
    assert before[("levy_jobs", "parked")] == before[("levy_jobs", "unknown")] == before[("levy_restore_held",)] == 0
    assert (before[("levy_money_fen", "accepted", "due")], before[("levy_money_items", "accepted", "due")]) == (
        28000,
        1,
    )
    assert before[("levy_audit_events_total", "610922")] == desk.one("SELECT events FROM audit_chain")
    assert before[("levy_broker_up",)] == before[("levy_database_up",)] == 1
    stopped(desk.engine, 1)
    stopped(desk.engine, 1, state="rejected")
    message_left(desk.engine, *stopped(desk.engine, 1, state="unknown"))
    with desk.engine.begin() as connection:
        for statement in (
            "UPDATE message SET intended_at = now() - interval '1 h' WHERE key ~ '^message-of'",
            "INSERT INTO breaker (neighbour, failures, opened_at) VALUES ('tax', 5, now())",
            "INSERT INTO restore (backup, made_at, last_numbers) VALUES ('x', now(), '{}')",
            "INSERT INTO break_found (area, side, period, day, item, kind, opened_on)"
            " VALUES ('610922', 'tax', 'day', '2020-09-02', 'v', 'only_theirs', current_date - 5)",
            "INSERT INTO feed_cursor (feed, cursor, followed_to) VALUES ('tax.payments', '1', '2020-09-20')",
            "INSERT INTO statement (area, side, period, day, digest, lines, total, our_lines, our_total, matched)"
            " VALUES ('610922', 'tax', 'day', '2020-09-16', 'd', 0, 0, 0, 0, 0)",
        ):
            connection.exec_driver_sql(statement)
    after = told(generate_latest(state).decode())
    assert [after[("levy_jobs", name)] for name in ("parked", "unknown", "rejected")] == [1, 1, 1]
    assert after[("levy_message_oldest_unanswered_seconds",)] > 3590
    assert (after[("levy_neighbour_shut", "tax")], after[("levy_neighbour_shut", "treasury")]) == (1, 0)
    assert after[("levy_restore_held",)] == 1
    assert (after[("levy_breaks_open", "tax")], after[("levy_breaks_open", "treasury")]) == (1, 0)
    assert after[("levy_break_oldest_seconds", "tax")] >= 4 * 86400
    assert after[("levy_statement_behind_seconds", "tax")] == 3 * 86400
    assert after[("levy_waiting_for_people", "jobs_parked")] == 1


def test_a_database_that_is_away_is_told_and_nothing_breaks(desk: Desk, state: CollectorRegistry) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.house, "engine", desk.engine.execution_options())
        patch.setattr(lookup.declared, "LOOKED_UP", (lookup.declared.Gauge("levy_x", "x", (), "SELECT 1 FROM gone"),))
        now = told(generate_latest(state).decode())
    assert now == {("levy_database_up",): 0.0, ("levy_broker_up",): 1.0, ("levy_broker_queue_messages",): 0.0}


def test_nothing_listens_where_no_port_is_named_and_a_port_that_is_taken_stops_nothing(desk: Desk) -> None:
    settings = desk.house.settings
    assert settings.metrics == Metrics()
    assert (settings.metrics.host, settings.metrics.worker) == ("127.0.0.1", None)
    listen(settings, "worker")
    port = choose_port(None)
    settings = settings.model_copy(update={"metrics": Metrics(worker=port)})
    for _ in range(2):
        listen(settings, "worker")
    with closing(urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60)) as reply:
        assert "levy_disk_free_bytes" in reply.read().decode()


_WORK = (
    "from worker.metrics.declared import ATTEMPTS, WORKED\n"
    "ATTEMPTS.labels('push', 'done').inc({0})\n"
    "WORKED.labels('push').observe({0})"
)
_TELL = (
    "from prometheus_client import CollectorRegistry, generate_latest\n"
    "from prometheus_client.multiprocess import MultiProcessCollector\n"
    "found = CollectorRegistry(); MultiProcessCollector(found); print(generate_latest(found).decode())"
)


def test_processes_of_one_worker_count_together_and_those_of_before_are_forgotten(tmp_path: Path) -> None:
    def run(code: str) -> str:
        environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "counted")}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(_WORK.format(2))
    run(_WORK.format(3))
    counted = told(run(_TELL))
    assert (
        counted[("levy_job_attempts_total", "push", "done")] == counted[("levy_job_duration_seconds_sum", "push")] == 5
    )
    run("from worker.metrics.listener import clear; clear()")
    assert told(run(_TELL)) == {}
