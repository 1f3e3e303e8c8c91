"""The pages about notices: which governs, clause by clause, side by side, and what a change would mean."""

from __future__ import annotations

import re
import time
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from click.testing import CliRunner

from policies.change.beside import beside
from policies.load import available_notices, load_notice
from tests.adapters.bureau.reading import ENROLMENT, FLAG, lines_of
from tests.worker.console.numbers import bare_numbers, unlike
from tests.worker.console.site import Site
from tests.worker.flows.conftest import LI, WANG
from tests.worker.flows.stage import Stage
from worker.cli.policy.whatif import command as whatif
from worker.clock import SeasonClock, set_season_date
from worker.console import whatif as page_of_it
from worker.report import whatif as engine_room

OCTOBER = date(2020, 10, 15)


@pytest.fixture(scope="module")
def county(site: Site) -> Stage:
    """Zhang with the minimum living allowance, Li and Wang; all owe 280 yuan, Zhang has paid."""
    for rows in ([ENROLMENT, ENROLMENT | LI, ENROLMENT | WANG], [FLAG]):
        assert site.desk.take(lines_of(*rows)).quarantined == 0
    stage = Stage(site.desk)
    stage.tick(date(2020, 9, 2), "assess")
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    with site.desk.engine.begin() as connection:
        set_season_date(connection, OCTOBER)
    site.desk.house.clock = SeasonClock(site.desk.engine)
    return stage


def plain(page: str) -> str:
    """A page without markup."""
    return re.sub(r"<[^>]+>", "", page)


def rows_of(page: str) -> dict[str, list[str]]:
    """The lines of the tables of a page by their first cell, without markup."""
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL):
        first, *rest = [
            re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)
        ]
        found[first] = rest
    return found


def test_it_says_which_notice_governs_and_why(site: Site) -> None:
    browser = site.begin("wei")
    assert browser.get("/policies").status_code == 200
    assert "610922在2021参保年度适用shiquan-2021" in browser.page
    assert 'href="/policies/jilin-2023"' in browser.page
    browser.get("/policies?area=220106&year=2022")
    assert "取代上级通知" in browser.page or "changchun-2022" in browser.page
    assert browser.get("/policies?area=610922&year=2030").status_code == 422
    assert "没有通知" in browser.page
    assert browser.get("/policies?area=61%C2%B2922&year=2021").status_code == 422
    assert browser.get("/policies/nowhere-2021").status_code == 404


def test_a_notice_is_shown_clause_by_clause(site: Site, tmp_path: Path) -> None:
    browser, settings = site.begin("wei"), site.desk.house.settings
    browser.get("/policies/shiquan-2021")
    assert "个人缴费标准每人每年280元" in browser.page
    assert "金额 280.00元" in browser.page
    assert "未放置通知原文" in browser.page
    assert re.search(r'id="R19".*?按280元征收', browser.page, re.DOTALL)
    assert "/policies/whatif" not in browser.page, "a viewer does not try changes"
    (tmp_path / "shiquan-2021.txt").write_text("某县通知\n一、缴费自9月起。\n二、标准为每人280元。\n", "gb18030")
    told = settings.console.model_copy(update={"notice_texts": tmp_path})
    site.desk.house.settings = settings.model_copy(update={"console": told})
    try:
        browser.get("/policies/shiquan-2021")
        assert re.search(r'id="二".*?<blockquote lang="zh-CN">标准为每人280元。</blockquote>', browser.page, re.DOTALL)
        assert "原文与录入规则时不同" in browser.page, "its fingerprint is another one"
        browser.get("/policies/jilin-2021")
        assert "缺 jilin-2021.txt" in browser.page
    finally:
        site.desk.house.settings = settings


def test_two_notices_stand_side_by_side(site: Site) -> None:
    browser = site.begin("wei")
    browser.get("/policies/compare?a=shiquan-2021&b=jilin-2021")
    low = rows_of(browser.page)["低保"]
    assert "120.00元" in low[0]
    assert "130.00元" in low[1]
    browser.get("/policies/compare?a=shiquan-2021&b=shiquan-2021")
    assert "两个通知没有差别" in browser.page
    browser.get("/policies/compare?a=shiquan-2021&b=shiquan-2021&all=1&lang=en")
    assert "minimum living allowance" in browser.page
    browser.get("/policies?lang=zh")


def test_every_rule_of_both_notices_stands_in_the_comparison() -> None:
    for a, b in zip(available_notices(), available_notices()[1:], strict=False):
        one, other = load_notice(a), load_notice(b)
        lines = [line for topic in beside(one, other).values() for line in topic]
        assert {rule.id for line in lines for rule in line.a} == {rule.id for rule in one.rules()}
        assert {rule.id for line in lines for rule in line.b} == {rule.id for rule in other.rules()}
        assert all(line.same for topic in beside(one, one).values() for line in topic)


def test_what_if_the_premium_were_higher(site: Site, county: Stage) -> None:
    """300 yuan for all three, and 150 instead of 120 of assistance: Zhang pays 10 less, the others 20 more."""
    before = county.desk.rows("SELECT (SELECT count(*) FROM decision), (SELECT count(*) FROM job)")
    browser = site.begin("he")
    browser.get("/policies/whatif")
    filled = dict(re.findall(r'<input name="([a-z0-9.-]+)" value="([^"]*)"', browser.page))
    assert filled["standard-premium.amount"] == "280.00"
    filled |= {"standard-premium.amount": "300", "assist-minimum-living-allowance.shares.0.amount": "150.00"}
    query = "&".join(f"{name}={quote(value)}" for name, value in filled.items())
    sent = browser.get(f"/policies/whatif?{query}").headers["location"]
    assert unquote(sent) == (
        "/policies/whatif?set=standard-premium.amount=300元"
        "&set=assist-minimum-living-allowance.shares.0.amount=150.00元"
    )
    browser.get(sent)
    assert "2 人多负担，共 40.00 元" in plain(browser.page)
    assert "1 人少负担，共 10.00 元" in plain(browser.page)
    rows = rows_of(browser.page)
    assert rows["个人应缴"] == ["3", "3", "0", "840.00", "900.00", "+60.00"]
    assert rows["医疗救助资金"] == ["1", "1", "0", "120.00", "150.00", "+30.00"]
    assert browser.page.count("<svg class=") == 2
    assert "280.00元 → 300元" in browser.page.replace("300.00元", "300元")
    assert county.desk.rows("SELECT (SELECT count(*) FROM decision), (SELECT count(*) FROM job)") == before


def test_each_number_of_a_what_if_leads_to_the_people_it_counts(site: Site, county: Stage) -> None:
    browser = site.begin("he")
    for question in ("set=standard-premium.amount%3D300元", "against=jilin-2021"):
        page = f"/policies/whatif?{question}"
        count, wrong = unlike(browser, page)
        assert (count > 10, wrong, bare_numbers(browser, page)) == (True, [], [])
    link = re.findall(r'href="(/policies/whatif/\w+/people/pay_more/either)"', browser.page)[0]
    table = link.removesuffix("/people/pay_more/either")
    count, wrong = unlike(browser, table)
    assert (count > 10, wrong, bare_numbers(browser, f"{table}?part=money")) == (True, [], [])
    assert "医疗救助资金,1,1,0,120.00" in browser.get(f"{table}?part=source&format=csv").text
    listed = browser.get(link)
    assert listed.status_code == 200
    assert "多负担：3 人" in browser.page
    browser.get(link + "?lang=en&sort=-considered_fen")
    assert "bear more: 3 people" in browser.page
    for gone in ("/policies/whatif/0123456789ab/people/all/either", link.replace("pay_more", "tall")):
        assert browser.get(gone).status_code == 404
    for yuan in range(301, 305):  # four more than are kept
        browser.get(f"/policies/whatif?set=standard-premium.amount%3D{yuan}元&lang=zh")
    assert browser.get(link).status_code == 404
    assert "请回到试算页重新计算" in browser.page


def test_what_if_another_notice_governed_here(site: Site, county: Stage) -> None:
    browser = site.begin("he")
    browser.get("/policies/whatif?against=jilin-2021")
    assert "假如 jilin-2021 在本地适用" in browser.page
    assert rows_of(browser.page)["个人应缴"][3:] == ["840.00", "960.00", "+120.00"]


BAD: list[Any] = [
    ("set=standard-premium.amount%3D-5", "amount"),
    ("set=no-such-rule.amount%3D5", "no-such-rule"),
    ("set=standard-premium.amount%3D280元", "现值即如此"),
    ("set=x", "请写作 规则.字段=值"),
]


@pytest.mark.parametrize(("query", "sentence"), BAD)
def test_a_change_that_no_notice_could_hold_is_told(site: Site, county: Stage, query: str, sentence: str) -> None:
    browser = site.begin("he")
    assert browser.get(f"/policies/whatif?{query}").status_code == 422
    assert sentence in browser.page
    assert "年度" in browser.page


def test_one_what_if_at_a_time_and_none_over_too_many(
    site: Site, county: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, query = site.begin("he"), "/policies/whatif?against=jilin-2023"
    monkeypatch.setattr(engine_room, "_WAIT", 0.01)
    with engine_room._one_at_a_time:  # by the command line, say
        assert browser.get(query).status_code == 422
    assert "试算正在进行" in browser.page
    monkeypatch.setattr(engine_room, "_WAIT", 60)
    monkeypatch.setattr(page_of_it, "_PATIENCE_SECONDS", 0.05)
    with engine_room._one_at_a_time:
        assert browser.get(query).status_code == 200
        assert "正在按全部在册人员试算" in browser.page
    until = time.monotonic() + 60
    while "正在按全部在册人员试算" in (browser.get(query), browser.page)[1]:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert "人多负担" in browser.page
    monkeypatch.setattr(page_of_it, "_PATIENCE_SECONDS", 60.0)
    monkeypatch.setattr(engine_room, "MOST", 2)
    assert browser.get("/policies/whatif?against=hunan-2021").status_code == 422
    assert "登记超过 2 人" in browser.page


def test_the_command_line_says_the_same(site: Site, county: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVY_CLOCK", "season")
    wanted = ["shiquan-2021", "--set", "standard-premium.amount=300元", "--roster", "current", "--json"]
    told = CliRunner().invoke(whatif, [*wanted, "--by", "he"])
    assert told.exit_code == 0, told.output
    assert '"people": 3' in told.output
    assert '"fen": 6000' in told.output
    refused = CliRunner().invoke(whatif, [*wanted, "--by", "wei"])
    assert refused.exit_code != 0
    assert "may not try changes" in str(refused.exception or refused.output)
