"""The pages about cases between areas: whose turn it is, both sides in two lanes, and the steps taken here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from typing import NamedTuple

import pytest

from tests.adapters.bureau.reading import ENROLMENT, FLAG, lines_of
from tests.worker.console.chromium import unclean
from tests.worker.console.keyboard import WIDTHS, AtKeyboard
from tests.worker.console.site import Browser, Hands, Site, hire, opened
from tests.worker.flows.conftest import LI
from tests.worker.handoff.claiming import ask, pay
from tests.worker.handoff.test_claims import pair
from tests.worker.handoff.two_houses import CASE, JIAOHE, NOVEMBER, OCTOBER, SHIQUAN, Pair, lasting_houses

__all__ = ["pair"]
FIRST, SECOND = (f"/handoffs/{CASE.format(number)}" for number in (1, 2))
LI_THERE = LI | {"person_no": "2202810000000002", "area": JIAOHE, "town": "民主街道", "household_area": JIAOHE}


class Offices(NamedTuple):
    """Both areas, each with a console of its own."""

    pair: Pair
    origin: Site
    intended: Site


@pytest.fixture(scope="module")
def offices(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Offices]:
    with lasting_houses(new_database, tmp_path_factory.mktemp("offices")) as pair:
        hire(pair.origin.desk)
        hire(pair.intended.desk)
        pair.propose(clerk="he")
        with opened(pair.origin.desk, Hands()) as origin, opened(pair.intended.desk, Hands()) as intended:
            yield Offices(pair, origin, intended)
        pair.hold()


def test_the_list_says_whose_turn_it_is_and_what_is_late(offices: Offices) -> None:
    browser = offices.origin.begin("wei")
    assert browser.get("/handoffs").status_code == 200
    assert f'href="{FIRST}"' in browser.page
    assert f'href="{FIRST}"' in (browser.get("/handoffs?stands=theirs"), browser.page)[1]
    assert f'href="{FIRST}"' not in (browser.get("/handoffs?stands=ours"), browser.page)[1]
    assert f'href="{FIRST}"' not in (browser.get("/handoffs?stands=overdue"), browser.page)[1]
    offices.pair.origin.day = date(2021, 3, 1)
    try:
        assert f'href="{FIRST}"' in (browser.get("/handoffs?stands=overdue"), browser.page)[1]
        assert "已逾期" in (browser.get(FIRST), browser.page)[1]
    finally:
        offices.pair.origin.day = date(2020, 11, 20)
    assert browser.get("/handoffs/nothing").status_code == 404


def acts_on(browser: Browser, case: str) -> list[str]:
    """The steps that the page of a case offers."""
    browser.get(case)
    return [act for act in ("accept", "refuse", "approve", "reject", "decide", "withdraw")
            if f'action="{case}/{act}"' in browser.page]  # fmt: skip


@pytest.mark.does("/handoffs/{case_id}/accept", "/handoffs/{case_id}/approve")
def test_a_case_goes_its_way_by_the_pages_of_both_sides(
    offices: Offices, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    pair = offices.pair
    here, there = at_keyboard(offices.origin, "rong", "zh", 1920), at_keyboard(offices.intended, "he", "zh", 360)
    assert acts_on(here, FIRST) == []
    assert f"轮到对方（蛟河市 {JIAOHE}）" in here.page
    assert "张*" in here.page
    assert "张三" not in here.page
    assert acts_on(there, FIRST) == ["accept", "refuse"]
    assert there.post(f"{FIRST}/refuse", {"reason": ""}).status_code == 422
    assert there.do(f"{FIRST}/accept").headers["location"] == FIRST
    pair.intended.work()
    assert there.post(f"{FIRST}/accept").status_code == 409, "once"
    pair.pay_there()
    assert pair.origin.case() == ("paid", 3, SHIQUAN)
    assert acts_on(here, FIRST) == ["approve", "reject"]
    assert "轮到我方" in here.page
    assert here.page.index('class="ours"') < here.page.index('class="theirs"'), "proposed here, accepted there"
    assert acts_on(offices.origin.begin("he"), FIRST) == [], "a clerk reviews nothing"
    assert here.do(f"{FIRST}/approve").status_code == 303
    pair.origin.work()
    assert pair.origin.case() == ("approved", 4, SHIQUAN)
    here.look(f"{FIRST}?ask=1")
    assert f"{JIAOHE} 所持步骤与我方一致" in here.page


def test_a_step_that_does_not_follow_is_refused_with_a_sentence(offices: Offices) -> None:
    browser = offices.origin.begin("lu")
    assert browser.post(f"{FIRST}/reject", {"reason": "已享受待遇"}).status_code == 409
    assert "不待我方终审" in browser.page
    assert browser.post(f"{SECOND}/withdraw", {"reason": "x"}).status_code == 409
    assert "没有案件" in browser.page


def test_a_case_is_opened_after_a_look_at_it(offices: Offices) -> None:
    """A claim for somebody whom Shiquan recognised; and a proposal that cannot be is refused in Chinese."""
    site, clerk = offices.origin, offices.origin.begin("he")
    assert site.desk.take(lines_of(FLAG), name="flags.csv").quarantined == 0
    held = "SELECT count(*) FROM handoff"
    assert "提出移交" in (clerk.get("/handoffs"), clerk.page)[1]
    viewer = site.begin("wei")
    assert "提出移交" not in (viewer.get("/handoffs"), viewer.page)[1]
    before = site.desk.one(held)
    form = {"way": "propose", "person": ENROLMENT["cert_no"], "peer": JIAOHE, "own_fault": "no", "benefits_used": "no"}
    assert clerk.post("/handoffs/open", form).status_code == 409
    assert "已移交：案件" in clerk.page
    form = {"way": "claim", "person": ENROLMENT["cert_no"], "peer": JIAOHE}
    assert clerk.post("/handoffs/open", form | {"peer": "110101"}).status_code == 409
    assert "不是我方对接地区" in clerk.page
    assert clerk.post("/handoffs/open", form | {"applied_on": "heute"}).status_code == 422
    assert clerk.post("/handoffs/open", form).status_code == 200
    assert "将发起：异地认定资助" in clerk.page
    assert ENROLMENT["cert_no"] in re.findall(r'name="person" value="(\w+)"', clerk.page)
    assert site.desk.one(held) == before, "a look opens nothing"
    sure = re.search(r'name="sure" value="([^"]+)"', clerk.page)
    assert sure
    assert clerk.post("/handoffs/open", form | {"sure": "x"}).status_code == 409
    opened = clerk.post("/handoffs/open", form | {"sure": sure[1]})
    assert opened.headers["location"].startswith("/handoffs/")
    assert site.desk.one(held) == before + 1
    offices.pair.origin.work()
    events = site.desk.rows("SELECT facts::jsonb->>'case' FROM audit_event WHERE action = 'handoff.claimed'")
    assert (opened.headers["location"].rpartition("/")[2],) in events


@pytest.fixture
def li(offices: Offices) -> None:
    """Li is recognised and has paid in Shiquan, and is enrolled and asked for a premium in Jiaohe."""
    here, there = offices.pair.both
    assert here.desk.take(lines_of(ENROLMENT | LI), name="li.csv").quarantined == 0
    assert here.desk.take(lines_of(FLAG | {"cert_no": LI["cert_no"]}), name="li-flag.csv").quarantined == 0
    assert there.desk.take(lines_of(ENROLMENT | LI_THERE), name="li.csv").quarantined == 0
    here.tick(date(2020, 9, 2), "assess")
    here.pay(here.desk.one("SELECT max(id) FROM due"), OCTOBER)
    here.tick(OCTOBER, "pull_payments")
    there.tick(NOVEMBER, "assess")
    here.day = NOVEMBER


@pytest.mark.does(
    "/handoffs/open", "/handoffs/{case_id}/withdraw", "/handoffs/{case_id}/refuse", "/handoffs/{case_id}/reject",
)  # fmt: skip
def test_cases_are_opened_and_end_in_every_way_by_the_pages_of_both_sides(
    offices: Offices, li: None, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    here, there = offices.pair.both
    he, rong = at_keyboard(offices.origin, "he", "en", 1920), at_keyboard(offices.origin, "rong", "en", 360)
    they = at_keyboard(offices.intended, "he", "en", 360)

    def opened(way: str, **more: str) -> str:
        he.look("/handoffs")
        he.do("/handoffs/open", {"way": way, "person": LI["cert_no"], "peer": JIAOHE, **more})
        assert LI["name"] not in he.page
        return he.do("/handoffs/open").headers["location"]

    def state(case: str) -> str:
        number = case.rpartition("/")[2]
        return " ".join(str(one.desk.one(f"SELECT max(state) FROM handoff WHERE case_id = '{number}'")) for one in
                        offices.pair.both)  # fmt: skip

    claim = opened("claim", applied_on="2020-11-18")
    assert rong.do(f"{claim}/withdraw", {"reason": "entered twice"}).headers["location"] == claim
    assert state(claim) == "withdrawn None"
    claim = opened("claim")
    here.work()
    assert they.do(f"{claim}/refuse", {"reason": "nothing was paid"}).headers["location"] == claim
    there.work()
    assert state(claim) == "refused refused"
    case = opened("propose", own_fault="no", benefits_used="no")
    here.work()
    assert they.post(f"{case}/accept").status_code == 303
    there.work()
    there.pay(there.desk.one("SELECT max(id) FROM due WHERE current"), NOVEMBER)
    there.tick(NOVEMBER, "pull_payments", "handoffs")
    assert rong.do(f"{case}/reject", {"reason": "benefits were used"}).headers["location"] == case
    here.work()
    assert state(case) == "rejected rejected"


@pytest.mark.does("/handoffs/{case_id}/decide")
def test_a_claim_is_decided_by_another_person(pair: Pair, at_keyboard: Callable[..., AtKeyboard]) -> None:
    ask(pair)
    pay(pair)
    hire(pair.origin.desk)
    with opened(pair.origin.desk, Hands()) as site:
        rong = at_keyboard(site, "rong", "zh", 360)
        assert rong.do(f"{FIRST}/decide").headers["location"] == FIRST
        pair.origin.work()
        assert pair.origin.case()[0] == "granted"


@pytest.mark.long
@pytest.mark.does
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing_here(
    offices: Offices, at_keyboard: Callable[..., AtKeyboard], language: str, width: int
) -> None:
    person = at_keyboard(offices.origin, "he", language, width)
    for path in ("/handoffs", FIRST):
        person.look(path)
        person.wrong += unclean(person.window, path)
