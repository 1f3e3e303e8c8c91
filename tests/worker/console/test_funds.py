"""The pages about funds: what is owed, a statement down to people and clauses, drawing, settling, withdrawing."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date

import pytest

from tests.adapters.bureau.reading import ENROLMENT, FLAG, lines_of
from tests.worker.console.site import Site
from tests.worker.flows.stage import Stage
from worker.clock import SeasonClock, set_season_date

OCTOBER, NOVEMBER = date(2020, 10, 15), date(2020, 11, 3)


@pytest.fixture(scope="module")
def county(site: Site) -> Stage:
    """Zhang has paid; 120 yuan of medical assistance are granted and on no statement yet."""
    for row in (ENROLMENT, FLAG):
        assert site.desk.take(lines_of(row)).quarantined == 0
    stage = Stage(site.desk)
    stage.tick(date(2020, 9, 2), "assess")
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    with site.desk.engine.begin() as connection:
        set_season_date(connection, NOVEMBER)
    site.desk.house.clock = SeasonClock(site.desk.engine)
    return stage


def states(site: Site) -> list[tuple[object, ...]]:
    return site.desk.rows("SELECT source, claimed, settled, state FROM fund_statement ORDER BY id")


def test_a_statement_is_drawn_after_a_look_at_it(site: Site, county: Stage) -> None:
    browser, before = site.begin("he"), len(site.events())
    browser.get("/funds")
    assert re.search(r"医疗救助资金</a></th><td>居民医保</td>.*120\.00</td>", browser.page)
    assert "尚未开具请款单" in browser.page
    assert 'name="period" value="2020-10"' in browser.page, "the month that has ended"
    assert browser.post("/funds/draw", {"period": "2020-10"}).status_code == 200
    assert states(site) == [], "a look draws nothing"
    assert "确认开具 1 单" in browser.page
    sure = re.search(r'name="sure" value="([^"]+)"', browser.page)
    assert sure
    assert browser.post("/funds/draw", {"period": "2020-10", "sure": "fiscal:1:0"}).status_code == 409
    assert browser.post("/funds/draw", {"period": "2020-10", "sure": sure[1]}).headers["location"] == "/funds"
    assert states(site) == [("medical_assistance", 12000, 0, "drawn")]
    assert "没有未请款的项目" in (browser.post("/funds/draw", {"period": "2020-10"}), browser.page)[1]
    for period, sentence in (("2020-13", "不是期间"), ("2020-11", "请待其结束后开具")):
        assert browser.post("/funds/draw", {"period": period}).status_code == 409
        assert sentence in browser.page
    assert browser.post("/funds/draw", {"period": "2020-10", "source": "king"}).status_code == 422
    assert [(who, what) for who, what, _ in site.events(before)] == [("clerk:he", "funds.drawn")]


def test_it_goes_down_to_people_and_clauses_masked(site: Site, county: Stage) -> None:
    browser, before = site.begin("shen"), len(site.events())
    number = site.desk.one("SELECT number FROM fund_statement")
    assert f'href="/funds/{number}"' in (browser.get("/funds"), browser.page)[1]
    assert browser.get(f"/funds/{number}").status_code == 200
    link = re.search(r'href="(/funds/[^"]+category=minimum_living_allowance[^"]+)#lines">1</a>', browser.page)
    assert link
    browser.get(link[1])
    assert "张*" in browser.page
    assert "张三" not in browser.page
    assert 'href="/policies/shiquan-2021#%E4%B8%89"' in browser.page, "clause 三 of the notice"
    assert "登记拨付" not in browser.page, "an auditor books nothing"
    book = browser.get(f"/funds/{number}/workbook")
    sheets = zipfile.ZipFile(io.BytesIO(book.content))
    words = "".join(sheets.read(name).decode() for name in sheets.namelist() if name.endswith(".xml"))
    assert "资助资金申请汇总表" in words
    assert "壹佰贰拾元整" in words
    assert "张三" not in words
    acts = [(what, facts["in_clear"]) for _, what, facts in site.events(before)]
    assert acts == [("funds.exported", False)]
    assert browser.get("/funds/610922-2021-0099").status_code == 404


def test_what_the_finance_bureau_pays_is_booked(site: Site, county: Stage) -> None:
    browser, number = site.begin("he"), site.desk.one("SELECT number FROM fund_statement")
    form = {"amount": "50.00", "voucher": "CZ-1", "day": "2020-11-02"}
    assert browser.post(f"/funds/{number}/settle", form | {"amount": "x"}).status_code == 422
    assert browser.post(f"/funds/{number}/settle", form | {"voucher": ""}).status_code == 422
    assert browser.post(f"/funds/{number}/settle", form | {"amount": "121"}).status_code == 409
    assert browser.post(f"/funds/{number}/settle", form | {"day": "2020-11-03"}).status_code == 303
    assert states(site) == [("medical_assistance", 12000, 5000, "partly_settled")]
    browser.get(f"/funds/{number}")
    assert "未拨付 70.00 元" in browser.page
    assert "CZ-1" in browser.page
    assert browser.post(f"/funds/{number}/withdraw", {"reason": "名单有误"}).status_code == 409
    assert browser.post(f"/funds/{number}/withdraw", {"reason": ""}).status_code == 422
    county.assert_books_hold()
