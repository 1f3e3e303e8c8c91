"""Every page with every role, and with nobody: who may see it and who may not; the table here is written down anew."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from tests.worker.console.site import PEOPLE, Browser, Site
from tests.worker.jobs.stopped import stopped
from worker.console.app import application
from worker.console.guard import Guard
from worker.console.pages import PAGES

EVERYBODY = "viewer clerk reviewer operator auditor admin"
WHO_MAY = {
    "GET /": EVERYBODY,
    "GET /acts": EVERYBODY,
    "GET /password": EVERYBODY,
    "POST /password": EVERYBODY,
    "POST /logout": EVERYBODY,
    "GET /figures/towns": EVERYBODY,
    "GET /figures/money": EVERYBODY,
    "GET /figures/sources": EVERYBODY,
    "GET /figures/plan": EVERYBODY,
    "GET /people": "clerk reviewer auditor",
    "POST /people": "clerk reviewer auditor",
    "GET /people/{person:int}": "clerk reviewer auditor",
    "POST /people/{person:int}/reveal": "clerk reviewer auditor",
    "GET /unknown": "viewer clerk reviewer operator auditor",
    "POST /unknown/{job:int}/ask": "operator",
    "GET /quarantine": "viewer clerk reviewer operator auditor",
    "POST /quarantine/sheet": "clerk",
    "POST /quarantine/upload": "clerk",
    "POST /quarantine/dismiss": "clerk",
    "GET /schedule": "viewer clerk reviewer operator auditor",
    "GET /schedule/round": "viewer clerk reviewer operator auditor",
    "POST /schedule/round": "operator",
    "GET /workers": "viewer clerk reviewer operator auditor",
    "GET /queue": "viewer clerk reviewer operator auditor",
    "GET /enrolments": "viewer clerk reviewer operator auditor",
    "GET /dues": "viewer clerk reviewer operator auditor",
    "GET /assistance": "viewer clerk reviewer operator auditor",
    "GET /batches": "viewer clerk reviewer operator auditor",
    "GET /batches/{job:int}": "viewer clerk reviewer operator auditor",
    "GET /failures": "viewer clerk reviewer operator auditor",
    "GET /jobs": "viewer clerk reviewer operator auditor",
    "GET /jobs/{job:int}": "viewer clerk reviewer operator auditor",
    "GET /jobs/{job:int}/attempts": "viewer clerk reviewer operator auditor",
    "GET /requests": "viewer clerk reviewer operator auditor",
    "GET /requests/{number:int}": "viewer clerk reviewer operator auditor",
    "GET /failures/plan": "operator",
    "POST /failures/act": "operator",
    "POST /requests/{number:int}/confirm": "operator",
    "POST /requests/{number:int}/decline": "operator",
    "GET /refunds": "viewer clerk reviewer auditor",
    "GET /refunds/parts": "viewer clerk reviewer auditor",
    "GET /refunds/{case:int}": "viewer clerk reviewer auditor",
    "GET /duplicates": "viewer clerk reviewer auditor",
    "GET /duplicates/{duplicate:int}": "viewer clerk reviewer auditor",
    "POST /duplicates/{duplicate:int}/decide": "clerk",
    "POST /duplicates/{duplicate:int}/undo": "clerk",
    "POST /duplicates/{duplicate:int}/review": "reviewer",
    "GET /held": "viewer clerk reviewer operator auditor",
    "GET /held/{what}": "viewer clerk reviewer operator auditor",
    "POST /held/reclaim/{number:int}/ask": "clerk",
    "POST /held/asked/{number:int}/review": "reviewer",
    "POST /held/{what}/release": "clerk",
    "GET /clawbacks": "viewer clerk reviewer auditor",
    "POST /clawbacks/{number:int}/repaid": "clerk",
    "POST /refunds/open": "clerk",
    "POST /refunds/{case:int}/release": "clerk",
    "POST /refunds/sheet": "reviewer",
    "GET /refunds/plan": "reviewer",
    "POST /refunds/review": "reviewer",
    "GET /policies": "viewer clerk reviewer operator auditor",
    "GET /policies/compare": "viewer clerk reviewer operator auditor",
    "GET /policies/whatif": "clerk reviewer operator auditor",
    "GET /policies/whatif/{answer}": "clerk reviewer operator auditor",
    "GET /policies/whatif/{answer}/{group}/{figure}/{side}": "clerk reviewer operator auditor",
    "GET /policies/{notice}": "viewer clerk reviewer operator auditor",
    "GET /reconciliation": "viewer clerk reviewer operator auditor",
    "GET /reconciliation/totals/{month}": "viewer clerk reviewer operator auditor",
    "GET /reconciliation/{side}/{day}": "viewer clerk reviewer operator auditor",
    "GET /reconciliation/{side}/{day}/book": "viewer clerk reviewer operator auditor",
    "POST /reconciliation/{side}/{day}/again": "clerk operator",
    "GET /breaks": "viewer clerk reviewer operator auditor",
    "GET /breaks/{number:int}": "viewer clerk reviewer operator auditor",
    "POST /breaks/{number:int}/own": "clerk operator",
    "POST /breaks/{number:int}/explain": "clerk operator",
    "POST /breaks/{number:int}/close": "clerk operator",
    "POST /breaks/{number:int}/give": "clerk operator",
    "GET /funds": "viewer clerk reviewer auditor",
    "GET /funds/owed": "viewer clerk reviewer auditor",
    "GET /funds/outstanding": "viewer clerk reviewer auditor",
    "GET /funds/departments": "viewer clerk reviewer auditor",
    "POST /funds/draw": "clerk",
    "GET /funds/{statement}": "viewer clerk reviewer auditor",
    "GET /funds/{statement}/sums": "viewer clerk reviewer auditor",
    "GET /funds/{statement}/settlements": "viewer clerk reviewer auditor",
    "GET /funds/{statement}/workbook": "viewer clerk reviewer auditor",
    "POST /funds/{statement}/settle": "clerk",
    "POST /funds/{statement}/withdraw": "clerk",
    "GET /handoffs": "viewer clerk reviewer operator auditor",
    "GET /handoffs/{case_id}": "viewer clerk reviewer operator auditor",
    "POST /handoffs/open": "clerk",
    "POST /handoffs/{case_id}/accept": "clerk",
    "POST /handoffs/{case_id}/refuse": "clerk",
    "POST /handoffs/{case_id}/approve": "reviewer",
    "POST /handoffs/{case_id}/reject": "reviewer",
    "POST /handoffs/{case_id}/decide": "reviewer",
    "POST /handoffs/{case_id}/withdraw": "reviewer",
    "GET /audit": "auditor",
    "GET /audit/chains": "auditor",
    "POST /audit/verify": "auditor",
    "GET /audit/{chain}/{position:int}": "auditor",
    "POST /audit/anchor": "auditor",
    "POST /people/{person:int}/file": "clerk reviewer auditor",
    "GET /check": "clerk reviewer operator auditor",
    "POST /check": "clerk reviewer operator auditor",
    "GET /doctor": "operator admin",
    "POST /doctor": "operator admin",
    "GET /keys": "admin",
    "GET /keys/values/{number:int}": "admin",
    "POST /keys/{purpose}/rotate": "admin",
    "POST /keys/{purpose}/{number:int}/retire": "admin",
    "GET /service-keys": "admin",
    "POST /service-keys": "admin",
    "POST /service-keys/{key}/revoke": "admin",
    "GET /operators": "admin",
    "POST /operators": "admin",
    "GET /operators/rights": "admin",
    "POST /operators/{login}/roles": "admin",
    "POST /operators/{login}/disable": "admin",
    "POST /operators/{login}/enable": "admin",
    "POST /operators/{login}/password": "admin",
}
FOR_ALL = {"GET /login", "POST /login"}
ONE_OF_EACH = {roles[0]: login for login, roles in PEOPLE.items() if len(roles) == 1 and login != "gu"}

STANDING_FOR = {
    "{job:int}": "1",
    "{number:int}": "99",
    "{person:int}": "99",
    "{case:int}": "99",
    "{duplicate:int}": "99",
    "{login}": "nobody",
    "{notice}": "shiquan-2021",
    "{statement}": "610922-2021-0099",
    "{case_id}": "00000000-0000-0000-0000-000000000099",
    "{chain}": "house",
    "{position:int}": "1",
    "{side}": "tax",
    "{day}": "2099-10-15",
    "{month}": "2099-10",
    "{what}": "rows",
    "{purpose}": "none",
    "{key}": "none",
}


def path_of(route: str) -> str:
    for name, value in STANDING_FOR.items():
        route = route.replace(name, value)
    return route.split()[1]


def test_the_table_names_every_route_there_is(site: Site) -> None:
    assert {f"{page.method} {page.path}" for page in PAGES} == WHO_MAY.keys() | FOR_ALL
    guard = application(site.desk.house)
    assert isinstance(guard, Guard)
    assert isinstance(guard.inner, Starlette)
    routes = {route.path for route in guard.inner.routes if isinstance(route, Route)}
    assert routes == {page.path for page in PAGES} | {"/health"}
    assert ONE_OF_EACH.keys() == set(EVERYBODY.split())


def ask(browser: Browser, route: str) -> int:
    """Ask for a page so that nothing changes, whoever asks."""
    path = path_of(route)
    return (browser.get(path) if route.startswith("GET") else browser.post(path)).status_code


@pytest.mark.parametrize("role", EVERYBODY.split())
def test_a_role_is_let_in_where_it_may_and_nowhere_else(site: Site, role: str) -> None:
    if not site.desk.one("SELECT count(*) FROM job"):
        stopped(site.desk.engine, 1)
    before = site.desk.rows("SELECT (SELECT count(*) FROM operator), (SELECT count(*) FROM intervention)")
    browser = site.begin(ONE_OF_EACH[role])
    for route in sorted(WHO_MAY, key=lambda route: "logout" in route):
        status = ask(browser, route)
        if role in WHO_MAY[route].split():
            assert status not in (401, 403, 500), f"{route}: {browser.page}"
        else:
            assert status == 403, route
            assert "您的角色不能办理此事" in browser.page
        if route.startswith("POST"):
            fresh = site.begin(ONE_OF_EACH[role])
            assert fresh.post(path_of(route), token="0" * 64).status_code == 403, route
            assert "此表单不属于本次登录" in fresh.page
    assert ask(browser, "GET /") == 303, "logged out at last"
    assert site.desk.rows("SELECT (SELECT count(*) FROM operator), (SELECT count(*) FROM intervention)") == before


def test_nobody_is_sent_to_the_login_from_everywhere(site: Site) -> None:
    for route in WHO_MAY:
        browser = Browser(site)
        assert ask(browser, route) == 303, route
        assert ask(browser, "GET /login") == 200
        assert browser.get(path_of("GET /failures")).headers["location"].startswith("/login")


def test_several_roles_may_what_each_of_them_may(site: Site) -> None:
    browser = site.begin("lu")
    assert [browser.get(path).status_code for path in ("/refunds", "/refunds/plan?case=1", "/operators")] == [
        200, 200, 403,
    ]  # fmt: skip


def test_both_languages_say_everything(site: Site) -> None:
    """Each page in English has no Chinese left but names; the switch is remembered."""
    for login, paths in (("bao", ("/", "/failures", "/jobs", "/jobs/1", "/requests", "/acts", "/password")),
                         ("rong", ("/refunds",)), ("chen", ("/operators",))):  # fmt: skip
        browser = site.begin(login)
        for path in paths:
            assert browser.get(path).status_code == 200
            assert 'lang="zh-CN"' in browser.page[:40]
        browser.get("/?lang=en")
        for path in paths:
            browser.get(path)
            assert '<html lang="en">' in browser.page, path
            left = {sign for sign in browser.page if "一" <= sign <= "鿿"}
            towns = {sign for (name,) in [("中文",)] for sign in name}
            assert left <= towns | set("城关饶峰两河迎丰池河后柳喜河熨斗云雾山中坝曾溪镇"), (path, left)
