"""The pages about funds: what is owed, a statement down to people and clauses, drawing, settling, withdrawing."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date

import pytest

from tests.adapters.bureau.reading import ENROLMENT, FLAG, lines_of
from tests.worker.console.keyboard import AtKeyboard
from tests.worker.console.site import Site
from tests.worker.flows.conftest import LI, WANG
from tests.worker.flows.stage import Stage
from tests.worker.funds.claims import drawn
from worker.clock import SeasonClock, set_season_date

OCTOBER, NOVEMBER = date(2020, 10, 15), date(2020, 11, 3)


@pytest.fixture(scope="module")
def county(site: Site) -> Stage:
    """It is November, and nobody is enrolled yet."""
    with site.desk.engine.begin() as connection:
        set_season_date(connection, NOVEMBER)
    site.desk.house.clock = SeasonClock(site.desk.engine)
    return Stage(site.desk)


def granted(county: Stage, person: dict[str, str]) -> None:
    """Somebody whom no other test has pays, and 120 yuan of medical assistance stand on no statement yet."""
    desk, number = county.desk, person.get("cert_no", ENROLMENT["cert_no"])
    assert desk.take(lines_of(ENROLMENT | person), name=f"{number}.csv").quarantined == 0
    assert desk.take(lines_of(FLAG | {"cert_no": number}), name=f"{number}-flag.csv").quarantined == 0
    county.tick(date(2020, 9, 2), "assess")
    county.pay(desk.one("SELECT max(id) FROM due"), OCTOBER)
    county.tick(OCTOBER, "pull_payments")


def claimed(county: Stage, person: dict[str, str], period: str) -> str:
    """The number of a statement of 120 yuan for this person alone."""
    granted(county, person)
    assert drawn(county, period, NOVEMBER) == ["funds.drawn"]
    return newest(county)


def newest(county: Stage) -> str:
    return str(county.desk.one("SELECT number FROM fund_statement ORDER BY id DESC LIMIT 1"))


def state(county: Stage, number: str) -> tuple[object, ...]:
    found = f"SELECT source, claimed, settled, state FROM fund_statement WHERE number = '{number}'"
    return county.desk.rows(found)[0]


@pytest.mark.does("/funds/draw", "/funds/{statement}/withdraw")
def test_a_statement_is_drawn_after_a_look_at_it_and_withdrawn(
    site: Site, county: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    granted(county, {})
    he, before = at_keyboard(site, "he", "zh", 360), len(site.events())
    held = site.desk.one("SELECT count(*) FROM fund_statement")
    he.look("/funds")
    assert re.search(r"医疗救助资金</a></td><td>居民医保</td>.*120\.00</a></td>", he.page)
    assert 'name="period" value="2020-10"' in he.page, "the month that has ended"
    assert he.do("/funds/draw", {"source": "medical_assistance"}).status_code == 200
    assert site.desk.one("SELECT count(*) FROM fund_statement") == held, "a look draws nothing"
    assert "确认开具 1 单" in he.page
    assert he.post("/funds/draw", {"period": "2020-10", "sure": "fiscal:1:0"}).status_code == 409
    assert he.do("/funds/draw").headers["location"] == "/funds"
    number = newest(county)
    assert state(county, number) == ("medical_assistance", 12000, 0, "drawn")
    assert "没有未请款的项目" in (he.post("/funds/draw", {"period": "2020-10"}), he.page)[1]
    for period, sentence in (("2020-13", "不是期间"), ("2020-11", "请待其结束后开具")):
        assert he.post("/funds/draw", {"period": period}).status_code == 409
        assert sentence in he.page
    assert he.post("/funds/draw", {"period": "2020-10", "source": "king"}).status_code == 422
    assert he.post(f"/funds/{number}/withdraw", {"reason": ""}).status_code == 422
    assert he.do(f"/funds/{number}/withdraw", {"reason": "名单有误"}).headers["location"] == f"/funds/{number}"
    assert state(county, number)[3] == "withdrawn"
    assert f"/funds/{number}/withdraw" not in he.page, "once"
    acts = [("clerk:he", "funds.drawn"), ("clerk:he", "funds.withdrawn")]
    assert [(who, what) for who, what, _ in site.events(before)] == acts
    assert drawn(county, "2020-10", NOVEMBER) == ["funds.drawn"], "what stood on it goes on the next one"
    county.assert_books_hold()


def test_it_goes_down_to_people_and_clauses_masked(site: Site, county: Stage) -> None:
    number = claimed(county, LI, "2020-10-02..2020-10-31")
    browser, before = site.begin("shen"), len(site.events())
    assert f'href="/funds/{number}"' in (browser.get("/funds"), browser.page)[1]
    assert browser.get(f"/funds/{number}").status_code == 200
    link = re.search(r'href="(/funds/[^"]+category=minimum_living_allowance[^"]+)#lines">1</a>', browser.page)
    assert link, re.findall(r'href="(/funds/[^"]+)"[^>]*>([^<]*)<', browser.page)
    browser.get(link[1])
    assert "李*" in browser.page
    assert "李四" not in browser.page
    assert 'href="/policies/shiquan-2021#%E4%B8%89"' in browser.page, "clause 三 of the notice"
    assert "登记拨付" not in browser.page, "an auditor books nothing"
    book = browser.get(f"/funds/{number}/workbook")
    sheets = zipfile.ZipFile(io.BytesIO(book.content))
    words = "".join(sheets.read(name).decode() for name in sheets.namelist() if name.endswith(".xml"))
    assert "资助资金申请汇总表" in words
    assert "壹佰贰拾元整" in words
    assert "李四" not in words
    acts = [(what, facts["in_clear"]) for _, what, facts in site.events(before)]
    assert acts == [("funds.exported", False)]
    assert browser.get("/funds/610922-2021-0099").status_code == 404


@pytest.mark.does("/funds/{statement}/settle")
def test_what_the_finance_bureau_pays_is_booked(
    site: Site, county: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    number = claimed(county, WANG, "2020-10-03..2020-10-31")
    he = at_keyboard(site, "he", "en", 1920)
    form = {"amount": "50.00", "voucher": "CZ-1", "day": "2020-11-02"}
    assert he.post(f"/funds/{number}/settle", form | {"amount": "x"}).status_code == 422
    assert he.post(f"/funds/{number}/settle", form | {"voucher": ""}).status_code == 422
    assert he.post(f"/funds/{number}/settle", form | {"amount": "121"}).status_code == 409
    assert he.do(f"/funds/{number}/settle", form | {"day": "2020-11-03"}).status_code == 303
    assert state(county, number) == ("medical_assistance", 12000, 5000, "partly_settled")
    assert "70.00 yuan" in he.page
    assert "CZ-1" in he.page
    assert he.post(f"/funds/{number}/withdraw", {"reason": "名单有误"}).status_code == 409
    county.assert_books_hold()
