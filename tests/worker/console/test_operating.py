"""What whoever runs the exchange does on pages: rounds."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

import pytest

from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.worker.console.keyboard import AtKeyboard
from tests.worker.console.site import Site
from tests.worker.flows.stage import Stage
from worker.asked_round import newest_round
from worker.clock import SeasonClock, set_season_date

SEPTEMBER = date(2020, 9, 2)


@pytest.fixture(scope="module")
def stage(site: Site) -> Stage:
    """Zhang is taken in, and nothing is decided yet."""
    assert site.desk.take(lines_of(ENROLMENT)).quarantined == 0
    with site.desk.engine.begin() as connection:
        set_season_date(connection, SEPTEMBER)
    site.desk.house.clock = SeasonClock(site.desk.engine)
    return Stage(site.desk)


def worked_to_its_end(stage: Stage) -> None:
    """Do what the round calls for until it has ended."""
    until = time.monotonic() + 120
    while True:
        stage.work()
        with stage.house.engine.connect() as connection:
            newest = newest_round(connection)
        assert newest is not None
        if newest["ended_at"] is not None:
            return
        assert time.monotonic() < until, f"the round did not end: {newest}"
        time.sleep(0.02)


@pytest.mark.does("/schedule/round")
def test_a_round_is_called_for_after_a_look_goes_on_beside_the_pages_and_is_alone(
    site: Site, stage: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    bao, before = at_keyboard(site, "bao", "zh", 360), len(site.events())
    assert 'href="/schedule/round?tick=assess"' in bao.look("/schedule")
    bao.look("/schedule/round")
    assert "分 3 步" in bao.page
    assert stage.desk.rows("SELECT kind FROM job") == [], "a look calls for nothing"
    assert bao.do("/schedule/round").headers["location"] == "/schedule/round"
    assert "bao 于" in bao.page
    assert bao.post("/schedule/round", {"tick": "assess"}).status_code == 409
    assert "bao 提出的一轮正在进行" in bao.page
    worked_to_its_end(stage)
    assert "已完成" in bao.look("/schedule/round")
    assert stage.dues() == {1: ("accepted", 28000, 0)}, "assessed, and presented to tax"
    gu = at_keyboard(site, "gu", "en", 1920)
    gu.look("/schedule/round?tick=reconcile")
    assert gu.do("/schedule/round").status_code == 303
    worked_to_its_end(stage)
    assert "reconcile: done" in "".join(gu.look("/schedule/round").replace("</a>", "").split("\n"))
    assert gu.post("/schedule/round", {"tick": "burn"}).status_code == 409
    events = [(who, what, facts.get("reason")) for who, what, facts in site.events(before)]
    assert [one for one in events if one[1].startswith("round.")] == [
        ("operator:bao", "round.asked", None), ("operator:bao", "round.ended", None),
        ("operator:gu", "round.asked", None), ("operator:gu", "round.ended", None),
    ]  # fmt: skip
    assert "round-" in stage.desk.one("SELECT max(key) FROM job WHERE kind = 'tick.reconcile'")
