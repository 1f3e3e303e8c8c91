"""Behind PgBouncer in transaction mode, where each transaction may have another connection, everything is as ever."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, lines_of
from tests.worker.database.pgbouncer import needs_pgbouncer, pooled
from tests.worker.flows.conftest import stage
from tests.worker.flows.stage import Stage
from tests.worker.intake.conftest import desk, environment

__all__ = ["desk", "environment", "stage"]
pytestmark = needs_pgbouncer

OCTOBER = date(2020, 10, 15)
CONNECTIONS, HANDS = 2, 6


@pytest.fixture
def database_url(database_url: str, tmp_path: Path) -> Iterator[str]:
    with pooled(database_url, tmp_path, CONNECTIONS) as url:
        yield url


def test_premiums_are_paid_assisted_and_paid_out(stage: Stage) -> None:
    stage.pay(1, OCTOBER)
    stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "disburse")
    stage.result("610922-1")
    stage.tick(OCTOBER, "pull_results", "reconcile", "refunds", "duplicates")
    assert stage.dues() == {1: ("paid", 28000, 28000), 2: ("paid", 28000, 28000)}
    assert stage.desk.rows("SELECT state FROM assistance") == [("paid",)]


def test_many_share_few_connections_without_a_trace_of_one_another(stage: Stage) -> None:
    def take(hand: int) -> None:
        for at in range(4):
            number = f"61092200000{hand}{at:04d}"
            account = ACCOUNT | {"account_no": f"62170010000001{hand}{at:04d}"}
            stage.desk.take(lines_of(account), name=f"{number}.csv", day=date(2020, 11, 1 + hand * 4 + at))

    with ThreadPoolExecutor(max_workers=HANDS) as hands:
        list(hands.map(take, range(HANDS)))
    assert stage.desk.one("SELECT count(*) FROM intake_file") == 3 + HANDS * 4
    assert stage.desk.one("SHOW timezone") == "UTC"
    assert stage.desk.one("SELECT count(*) FROM pg_prepared_statements") == 0
    assert ENROLMENT["person_no"] in {row[0] for row in stage.desk.rows("SELECT person_no FROM person")}
