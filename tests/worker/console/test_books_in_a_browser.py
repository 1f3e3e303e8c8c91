"""The pages of the law, the books and the log in a real browser: narrow and wide, in both languages, by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.adapters.bureau.reading import ENROLMENT, FLAG, lines_of
from tests.worker.console.chromium import failed, needs_chromium, unclean
from tests.worker.console.keyboard import WIDTHS, AtKeyboard
from tests.worker.console.site import Site
from tests.worker.console.test_browser import seen
from tests.worker.flows.stage import Stage, after
from tests.worker.flows.statements import Statements
from tests.worker.funds.claims import drawn, number
from worker.clock import SeasonClock, set_season_date
from worker.console.visit import SESSION
from worker.operators.entering import lifetime

pytestmark = needs_chromium
OCTOBER, NOVEMBER = date(2020, 10, 15), date(2020, 11, 3)
PAGES = {
    "shen": (
        "/policies", "/policies/shiquan-2021", "/policies/compare?a=shiquan-2021&b=jilin-2021", "/policies/whatif",
        "/policies/whatif?set=standard-premium.amount%3D300元", "/handoffs", "/audit", "/audit/chains",
        "/audit/610922/2",
    ),
    "he": (
        "/reconciliation", "/reconciliation/tax/2020-10-15", "/reconciliation/tax/2020-10-15/book", "/breaks",
        "/breaks/1", "/funds", "/funds/STATEMENT", "/funds/owed", "/funds/departments", "/funds/STATEMENT/sums",
        "/funds/STATEMENT/settlements", "/reconciliation/totals/2020-10",
    ),
    "chen": ("/operators/rights",),
}  # fmt: skip

TABLES = [
    ("he", "/funds", "/funds/owed", "owes", "医疗救助资金", "120.00"),
    ("he", "/funds/STATEMENT", "/funds/STATEMENT/sums", "-people", "申请资助", "120.00"),
    ("he", "/funds/STATEMENT", "/funds/STATEMENT/settlements", "voucher", "V-1", "60.00"),
    ("he", "/jobs/1", "/jobs/1/attempts", "-started_at", "1", "办结"),
    ("he", "/reconciliation?month=2020-10", "/reconciliation/totals/2020-10", "-our_lines", "无", "无"),
    ("shen", "/audit/chains", "/audit/chains", "-events", "610922", "610922"),
    ("he", "/policies", "/policies", "-insured", "202", "本系统适用"),
    ("chen", "/operators", "/operators/rights", "-viewer", "●", "查询审计日志"),
]
"""Who looks at a page with a table of few rows on it, where that table is, an order, and what its file tells."""


@pytest.fixture(scope="module")
def books(site: Site) -> Iterator[Stage]:
    """Zhang has paid and is assisted, which is claimed; one payment is nobody's."""
    for row in (ENROLMENT, FLAG):
        assert site.desk.take(lines_of(row)).quarantined == 0
    with pytest.MonkeyPatch.context() as patch:
        stage = Statements(Stage(site.desk)).install(patch).stage
        stage.tick(date(2020, 9, 2), "assess")
        stage.pay(1, OCTOBER)
        stage.pay(1, OCTOBER, 100, reference="NOBODYS")
        stage.tick(after(OCTOBER, 1), "pull_payments", "reconcile")
        with site.desk.engine.begin() as connection:
            set_season_date(connection, NOVEMBER)
        site.desk.house.clock = SeasonClock(site.desk.engine)
        assert drawn(stage, "2020-10", NOVEMBER) == ["funds.drawn"]
        paid = {"amount": "60.00", "voucher": "V-1", "day": str(NOVEMBER)}
        assert site.begin("he").post(f"/funds/{number(stage, 0)}/settle", paid).status_code == 303
        yield stage


@pytest.mark.parametrize("login", PAGES)
def test_every_page_fits_narrow_and_wide_in_both_languages(
    site: Site, books: Stage, chromium: Browser, login: str
) -> None:
    complaints: list[Any] = []
    with site.desk.engine.begin() as connection:
        token = lifetime(20, 10).begin(connection, login, site.clock.now())
    context = chromium.new_context()
    context.add_cookies([{"name": SESSION, "value": token, "url": site.url}])
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda asked: complaints.extend(failed(asked)))
    for at, written in enumerate(PAGES[login]):
        path = written.replace("STATEMENT", number(books, 0))
        for language, width in (("zh", 360), ("en", 1920)):
            page.set_viewport_size({"width": width, "height": 900})
            answer = page.goto(f"{site.url}{path}{'&' if '?' in path else '?'}lang={language}")
            assert answer is not None
            assert answer.status == 200, path
            assert page.locator("h1").count() == 1, path
            seen(page, f"{login}-{at}-{language}")
    context.close()
    assert complaints == []


def test_a_what_if_is_asked_by_keyboard(site: Site, books: Stage, chromium: Browser) -> None:
    with site.desk.engine.begin() as connection:
        token = lifetime(20, 10).begin(connection, "he", site.clock.now())
    context = chromium.new_context()
    context.add_cookies([{"name": SESSION, "value": token, "url": site.url}])
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(site.url + "/policies/whatif?lang=zh")
    page.focus("input[name='standard-premium.amount']")
    page.keyboard.press("Control+A")
    page.keyboard.type("300")
    page.keyboard.press("Enter")
    page.wait_for_selector("h2:has-text('金额前后')")
    assert "280.00元 → 300.00元" in page.inner_text("main")
    assert page.locator("svg[role=img]").count() == 2
    page.wait_for_url("**/policies/whatif?set=standard-premium.amount*")
    context.close()


@pytest.mark.parametrize(("login", "page", "home", "order", "first", "second"), TABLES)
def test_tables_of_few_rows_sort_and_are_exported_too(
    site: Site, books: Stage, login: str, page: str, home: str, order: str, first: str, second: str
) -> None:
    browser, before = site.begin(login), len(site.events())
    page, home = (one.replace("STATEMENT", number(books, 0)) for one in (page, home))
    assert browser.get(page).status_code == 200
    for written in (f"sort={order.removeprefix('-')}", "format=csv", "format=xlsx"):
        assert f'href="{home}?{written}"' in browser.page, (page, written)
    assert browser.get(f"{home}?sort={order}").status_code == 200
    assert f'aria-sort="{"descending" if order.startswith("-") else "ascending"}"' in browser.page
    sent = browser.get(f"{home}?sort={order}&format=csv").content.decode("utf-8-sig")
    assert first in sent.splitlines()[1]
    assert second in sent
    assert browser.get(f"{home}?format=xlsx").content[:2] == b"PK"
    assert [what for _, what, _ in site.events(before)] == ["table.exported"] * 2


@pytest.mark.long
@pytest.mark.does
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing_here(
    site: Site, books: Stage, at_keyboard: Callable[..., AtKeyboard], language: str, width: int
) -> None:
    person = at_keyboard(site, "he", language, width)
    for path in (one.replace("STATEMENT", number(books, 0)) for one in PAGES["he"]):
        person.look(path)
        person.wrong += unclean(person.window, path)
