"""The pages of reconciliation: a month, a day, a break, and what people do about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.worker.console.keyboard import AtKeyboard
from tests.worker.console.site import Site
from tests.worker.flows.conftest import LI
from tests.worker.flows.stage import AREA, YEAR, Stage, after
from tests.worker.flows.statements import Statements
from worker.clock import SeasonClock, set_season_date
from worker.dues.reference import due_reference

OCTOBER = date(2020, 10, 15)
NEXT = after(OCTOBER, 1)
ZHANG = due_reference(AREA, YEAR, 1)


@pytest.fixture(scope="module")
def county(site: Site) -> Iterator[Stage]:
    """On 15 October Li has paid, and two payments came under references that are not ours: breaks 1 and 2."""
    assert site.desk.take(lines_of(ENROLMENT, ENROLMENT | LI)).quarantined == 0
    with pytest.MonkeyPatch.context() as patch:
        stated = Statements(Stage(site.desk)).install(patch)
        stage = stated.stage
        stage.tick(date(2020, 9, 2), "assess")
        stage.pay(2, OCTOBER)
        stage.pay(1, OCTOBER, 28000, reference="NOBODYS")
        stage.pay(1, OCTOBER, 100, reference="NOBODYS")
        stage.tick(NEXT, "pull_payments", "reconcile")
        with site.desk.engine.begin() as connection:
            set_season_date(connection, NEXT)
        site.desk.house.clock = SeasonClock(site.desk.engine)
        assert site.desk.rows("SELECT kind, state FROM break_found") == [("unidentified", "open")] * 2
        yield stage


def test_the_month_says_day_by_day_what_agrees(site: Site, county: Stage) -> None:
    browser = site.begin("wei")
    assert browser.get("/reconciliation").status_code == 200
    assert '<strong class="large">2020-10</strong>' in browser.page, "the month of the newest statement"
    assert "本月未结差异 2 项" in browser.page
    found = re.search(
        r'<div class="breaks"><a href="/reconciliation/tax/2020-10-15">.*?</div>', browser.page, re.DOTALL
    )
    assert found
    assert "2 项差异" in found[0]
    assert "3 笔 · 561.00" in found[0]
    assert browser.get("/reconciliation?month=2020-13").status_code == 404
    assert browser.get("/reconciliation/tax/15-10-2020").status_code == 404
    assert browser.get("/reconciliation/bank/2020-10-15").status_code == 404


def test_a_day_shows_both_totals_its_breaks_and_our_book(site: Site, county: Stage) -> None:
    browser = site.begin("wei")
    assert browser.get("/reconciliation/tax/2020-10-15").status_code == 200
    assert re.search(r"对方账单</th><td class=\"number\">3</td><td class=\"number\">561.00", browser.page)
    assert browser.page.count('<a href="/breaks/') == 4, "number and voucher of two breaks"
    assert "重新比对" not in browser.page, "a viewer does nothing"
    assert browser.get("/reconciliation/tax/2020-10-15/book").status_code == 200
    assert browser.page.count("缴费</td>") == 3
    assert "280.00" in browser.page
    sent = browser.get("/reconciliation/tax/2020-10-15/book?format=csv").content.decode("utf-8-sig")
    assert len(sent.strip().splitlines()) == 4


@pytest.mark.does("/reconciliation/{side}/{day}/again")
def test_a_day_is_compared_again_by_a_clerk(site: Site, county: Stage, at_keyboard: Callable[..., AtKeyboard]) -> None:
    he, before = at_keyboard(site, "he", "zh", 360), len(site.events())
    he.look("/reconciliation/tax/2020-10-15")
    sent = he.do("/reconciliation/tax/2020-10-15/again")
    assert sent.headers["location"] == "/reconciliation/tax/2020-10-15?called=1"
    assert "已安排 1 个作业" in he.page
    assert [(who, what) for who, what, _ in site.events(before)] == [("clerk:he", "statement.called")]
    county.work()
    assert site.desk.rows("SELECT DISTINCT state FROM break_found WHERE id = 1") == [("open",)]
    assert he.post(f"/reconciliation/tax/{NEXT}/again").status_code == 409, "not over"
    assert "尚未结束" in he.page


@pytest.mark.does("/breaks/{number:int}/own", "/breaks/{number:int}/give")
def test_money_of_nobody_is_given_to_its_due_after_a_look(
    site: Site, county: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    he, before = at_keyboard(site, "he", "en", 360), len(site.events())
    assert "280.00" in he.look("/breaks/1")
    assert he.do("/breaks/1/own").headers["location"] == "/breaks/1"
    assert "looked after by he" in he.page
    form = {"reference": ZHANG, "reason": "缴款单写有户名"}
    assert he.post("/breaks/1/give", form | {"reference": "nothing"}).status_code == 409
    assert he.post("/breaks/1/give", form | {"reason": ""}).status_code == 422
    assert he.do("/breaks/1/give", form).status_code == 200
    assert f"280.00 yuan would go to {ZHANG}" in he.page
    assert county.dues()[1][0] == "accepted", "a look moves nothing"
    assert he.post("/breaks/1/give", form | {"sure": "1-0"}).status_code == 409, "that was not what was shown"
    assert county.dues()[1][0] == "accepted"
    assert he.do("/breaks/1/give").status_code == 303
    assert county.dues()[1] == ("paid", 28000, 28000)
    assert site.desk.one("SELECT state FROM break_found WHERE id = 1") == "resolved"
    acts = [(who, what) for who, what, _ in site.events(before)]
    assert acts[0] == ("clerk:he", "break.owned")
    assert acts[-1] == ("clerk:he", "break.allocated")
    assert "归入应缴" in (he.get("/breaks/1?lang=zh"), he.page)[1]


@pytest.mark.does("/breaks/{number:int}/explain", "/breaks/{number:int}/close")
def test_a_break_is_explained_and_closed(site: Site, county: Stage, at_keyboard: Callable[..., AtKeyboard]) -> None:
    he = at_keyboard(site, "he", "zh", 1920)
    assert he.do("/breaks/2/explain", {"reason": "已致函税务"}).status_code == 303
    assert he.post("/breaks/2/close", {"reason": " "}).status_code == 422
    assert he.do("/breaks/2/close", {"reason": "税务确认为手续费"}).status_code == 303
    assert he.post("/breaks/2/close", {"reason": "再关"}).status_code == 409
    he.look("/breaks/2")
    for words in ("已关闭", "已致函税务", "税务确认为手续费", "clerk:he"):
        assert words in he.page
    assert 'action="/breaks/2/close"' not in he.page
    assert 'href="/breaks/2"' not in he.look("/breaks"), "it is not open"
    assert he.look("/breaks?state=").count('<a href="/breaks/') >= 4
    assert he.get("/breaks/99").status_code == 404
    assert site.desk.chain_is_whole()
