"""The bench measures what it says: work that is done to its end, beside a floor that holds every row."""

from xml.etree import ElementTree

import pytest

from tests.adapters.bureau.reading import ACCOUNT, lines_of
from tests.worker.intake.conftest import Desk, desk, environment
from worker.bench.chart import Bar, Group, draw
from worker.bench.findings import Findings
from worker.bench.floor import Floor, floor
from worker.bench.measure import Measured
from worker.bench.payouts import PaidOut, pay_out
from worker.bench.replay import Replayed, replay

__all__ = ["desk", "environment"]

FLOOR = Floor(rows=900, mib=1.0, seconds=4.0)
COUNTY = Measured(100_000, 10.0, {"push": 4.0}, {"worker process": 300}, FLOOR)


def findings(county: Measured = COUNTY, **other: object) -> Findings:
    given: dict[str, object] = {
        "others": [Measured(1_000_000, 130.0, {"push": 40.0}, {"worker process": 900})],
        "batched": Measured(1_000, 1.0, {"push": 0.1}, {"worker process": 200}),
        "single": Measured(1_000, 5.0, {"push": 4.0}, {"worker process": 200}),
        "paid_out": PaidOut(count=1_000, returned=2, ordering=0.04, booking=0.04, statements=40),
        "replayed": Replayed(10, 0.1, 0.1, 0.1),
    }
    return Findings(county, **(given | other))  # type: ignore[arg-type]


def test_every_pay_out_is_booked_and_few_statements_are_asked_for_it() -> None:
    measured = pay_out(600)
    assert (measured.count, measured.returned) == (600, 0)
    assert 0 < measured.statements_each < 0.5
    assert measured.per_second > 0


@pytest.mark.long
def test_parked_jobs_are_done_by_real_workers_once_each() -> None:
    measured = replay(150)
    assert measured.count == 150
    assert measured.done > 0


def test_the_floor_loads_every_row_of_every_table_and_leaves_nothing_behind(desk: Desk) -> None:
    desk.take(lines_of(ACCOUNT))
    rows = sum(desk.one(f'SELECT count(*) FROM "{name}"') for name in ("person", "bank_account", "audit_event"))
    loaded = floor(desk.engine.url.render_as_string(hide_password=False))
    assert loaded.rows > rows > 0
    assert desk.one("SELECT count(*) FROM pg_database WHERE datname = 'levy_floor'") == 0


def test_each_goal_that_is_missed_is_named() -> None:
    assert list(findings().sentences())[-1] == "All goals are met."
    slow = Measured(100_000, 25.0, {"push": 4.0}, {"worker process": 2000}, FLOOR)
    paid = PaidOut(count=1_000, returned=2, ordering=1.0, booking=1.0, statements=60)
    said = list(findings(slow, paid_out=paid, single=COUNTY).sentences())[-1]
    for name in ("People a second", "as long as plain COPY", "a task each", "MiB", "Pay-outs", "SQL statements"):
        assert name in said
    assert "time per person, larger" not in said


def test_the_picture_shows_each_value_once_and_says_where_a_goal_is_missed() -> None:
    picture = draw([Group("A & B", [Bar("a", 1.0, "1.0", goal=2.0), Bar("b", 4.0, "4.0")])])
    tree = ElementTree.fromstring(picture)
    said = [node.text for node in tree.iter() if node.text and node.tag.endswith("text")]
    assert said == ["A & B", "a", "1.0 (goal missed)", "b", "4.0"]
    assert [float(node.get("width", 0)) for node in tree.iter() if node.tag.endswith("rect")] == [105.0, 420.0]
