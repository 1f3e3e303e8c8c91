"""What is done on pages to run the exchange: a round is called for, what a department refused is declared again."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

import pytest
from click.testing import CliRunner

from tests.adapters.bureau.reading import ENROLMENT, FLAG, lines_of
from tests.worker.console.keyboard import AtKeyboard
from tests.worker.console.site import Site
from tests.worker.flows.conftest import LI
from tests.worker.flows.stage import Stage
from worker.asked_round import newest_round
from worker.cli.held import command as held
from worker.clock import SeasonClock, set_season_date
from worker.operators.accounts import NotAllowed

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


@pytest.mark.does("/held/{what}/release")
def test_what_a_department_refused_is_declared_again_after_a_look(
    site: Site, stage: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    assert site.desk.take(lines_of(ENROLMENT | LI)).quarantined == 0
    assert site.desk.take(lines_of(FLAG | {"cert_no": LI["cert_no"], "category": "特困"}), "flags.csv").quarantined == 0
    stage.tick(SEPTEMBER, "assess")
    stage.tax.refuses = "certificate_mismatch"
    stage.tick(SEPTEMBER, "sponsor")
    stage.tax.refuses = None
    (due,) = (one for (one,) in stage.desk.rows("SELECT id FROM due WHERE reject_code = 'certificate_mismatch'"))
    he, before = at_keyboard(site, "he", "zh", 360), len(site.events())
    he.look("/held/sponsors")
    he.do("/held/sponsors/release", {"due": [str(due)], "reason": "名册已更正"})
    assert "将重新申报 1 笔应缴，共 280.00 元" in he.page
    assert stage.desk.one(f"SELECT reject_code FROM due WHERE id = {due}") is not None, "a look releases nothing"
    form = {"due": str(due), "reason": "名册已更正"}
    assert he.post("/held/sponsors/release", form | {"sure": "7"}).status_code == 409
    assert he.post("/held/sponsors/release", form | {"due": "x"}).status_code == 422
    assert he.post("/held/sponsors/release", form | {"reason": ""}).status_code == 422
    assert he.post("/held/rows/release", form).status_code == 404
    assert he.do("/held/sponsors/release").headers["location"] == "/held/sponsors"
    assert he.post("/held/sponsors/release", form).status_code == 409, "once"
    assert [(who, what, facts["due"], facts["reason"]) for who, what, facts in site.events(before)] == [
        ("clerk:he", "sponsor.released", due, "名册已更正")
    ]
    stage.tick(SEPTEMBER, "sponsor")
    assert stage.desk.rows(f"SELECT reject_code, declaration IS NOT NULL FROM due WHERE id = {due}") == [(None, True)]
    again = CliRunner().invoke(held, ["sponsors", "--release", str(due), "--reason", "x", "--by", "rong"])
    assert isinstance(again.exception, NotAllowed), "the command asks for the same right"
