"""Every page in a real browser, in both languages, wide and narrow: no overflow, no complaint, axe finds nothing.

One database and one browser for all of it; each page is loaded once for each language and width.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from config.settings import load_settings
from tests.adapters.bureau.reading import ENROLMENT, FLAG, lines_of
from tests.worker.console.chromium import flaws, listen, needs_chromium, unclean
from tests.worker.console.site import PEOPLE, Site
from tests.worker.flows.conftest import LI, WANG
from tests.worker.flows.refunding import asked_back
from tests.worker.flows.stage import Stage
from tests.worker.intake.test_correction_sheets import BAD
from tests.worker.jobs.stopped import DAY, message_left, stopped
from worker.console.pages import PAGES
from worker.console.visit import LANGUAGE, SESSION
from worker.operators.rights import may
from worker.report.summary import renew

pytestmark = needs_chromium
SILENT = (
    "The tax system gave no complete reply to push-1: Read timed out. (read timeout=20); ask for it before repeating it"
)
OPENERS = ("bao", "he", "rong", "shen", "chen")
"""Who opens a page: the first of them that may."""


@pytest.fixture(scope="module")
def filled(site: Site) -> dict[str, str]:
    """A little of everything, and a value for each name in a path."""
    site.desk.take(lines_of(ENROLMENT, ENROLMENT | LI, ENROLMENT | WANG))
    site.desk.take(lines_of(FLAG), name="flags.csv")
    site.desk.take(lines_of(BAD | {"person_no": "6109220000000009"}), name="bad.csv")
    stage = Stage(site.desk)
    stage.tick(DAY, "assess")
    stage.pay(1, DAY.replace(month=10))
    stage.tick(DAY.replace(month=10), "pull_payments")
    asked_back(stage, 1, "joined_employee_scheme", DAY.replace(month=11), event_on=DAY)
    jobs = stopped(site.desk.engine, 60, cause="no_answer", reason=SILENT)
    message_left(site.desk.engine, jobs[0])
    push = site.desk.one("SELECT min(job_id) FROM message")
    form = {"action": "discard", "cause": "no_answer", "count": "59", "reason": "重复"}
    form |= {"ids": " ".join(map(str, jobs[1:]))}
    number = site.begin("gu").post("/failures/act", form).headers["location"].rpartition("/")[2]
    assert renew(site.desk.engine, load_settings())
    return {
        "{job:int}": str(push),
        "{number:int}": number,
        "{case:int}": "1",
        "{person:int}": "1",
        "{what}": "rows",
        "{month}": "2020-10",
        "stopped": str(jobs[1]),
    }


def entered(site: Site, chromium: Browser, login: str, language: str, width: int) -> BrowserContext:
    context = chromium.new_context(viewport={"width": width, "height": 900})
    context.set_default_timeout(60_000)
    cookies = {SESSION: site.begin(login).token, LANGUAGE: language}
    context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in cookies.items()])
    return context


def paths(filled: dict[str, str]) -> list[tuple[str, str]]:
    """Who opens which page: every one that is shown by an address and whose names have a value."""
    found = []
    for page in PAGES:
        path = page.path
        for name, value in filled.items():
            path = path.replace(name, value)
        if page.method == "GET" and page.act is not None and "{" not in path and not path.startswith("/breaks/"):
            query = {"/failures/plan": "?action=replay&kind=push", "/refunds/plan": "?case=1"}.get(path, "")
            opener = next(one for one in OPENERS if may(PEOPLE[one], page.act))
            found.append((opener, path + query))
            if path == "/jobs":
                found.append((opener, "/jobs/" + filled["stopped"]))
    return found


@pytest.mark.parametrize(
    ("width", "language", "looked_at"),
    [
        (360, "zh", ("/", "/dues", "/people/1", "/quarantine")),
        (1920, "en", ()),
        *(
            pytest.param(width, language, None, marks=[pytest.mark.long, pytest.mark.timeout(900)])
            for width, language in product((360, 1280, 1920), ("zh", "en"))
        ),
    ],
    ids=[
        "narrow",
        "wide",
        *(f"axe-{width}-{language}" for width, language in product((360, 1280, 1920), ("zh", "en"))),
    ],
)
def test_every_page_fits_and_is_clean(
    site: Site, filled: dict[str, str], chromium: Browser, width: int, language: str, looked_at: tuple[str, ...] | None
) -> None:
    """``looked_at``: the pages that axe looks at, None: all of them, for a second each."""
    wrong: list[Any] = []
    visited = paths(filled)
    for login in sorted({login for login, _ in visited}):
        context = entered(site, chromium, login, language, width)
        page = context.new_page()
        listen(page, wrong)
        for path in [path for who, path in visited if who == login]:
            reply = page.goto(site.url + path)
            assert reply is not None
            if reply.status != 200:
                wrong.append((path, reply.status))
            wrong += flaws(page, path, width, language)
            if looked_at is None or path in looked_at:
                wrong += unclean(page, path)
        context.close()
    assert not wrong, "\n".join(map(str, wrong))


def test_by_keyboard_alone_a_stuck_payment_is_found_and_replayed(
    site: Site, filled: dict[str, str], chromium: Browser
) -> None:
    context = entered(site, chromium, "bao", "en", 1280)
    page = context.new_page()
    (job,) = stopped(site.desk.engine, 1, cause="keyboard", reason="the line was down")
    page.goto(site.url + "/")
    press_to(page, "a[href='/failures']")
    page.wait_for_url("**/failures")
    press_to(page, "a[href$='cause=keyboard']")
    page.wait_for_url("**/jobs?**cause=keyboard")
    press_to(page, f"a[href='/jobs/{job}']")
    page.wait_for_url(f"**/jobs/{job}")
    press_to(page, "main a.button")
    page.wait_for_url("**/failures/plan?**")
    focus(page, "#reason")
    page.keyboard.type("the line is up again")
    page.keyboard.press("Enter")
    page.wait_for_url("**/requests/*")
    assert site.desk.one(f"SELECT state FROM job WHERE id = {job}") == "ready"
    assert page.locator("progress").get_attribute("max") == "1"
    context.close()


def press_to(page: Page, wanted: str) -> None:
    """Tab until the focus is on what is wanted, and press Enter."""
    focus(page, wanted)
    page.keyboard.press("Enter")


def focus(page: Page, wanted: str) -> None:
    page.wait_for_selector(wanted)
    for _ in range(200):
        if page.evaluate("wanted => document.activeElement === document.querySelector(wanted)", wanted):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached by keyboard on {page.url}")


def test_screens_read_well_without_scripts(site: Site, filled: dict[str, str], chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    cookies = {SESSION: site.begin("he").token, LANGUAGE: "zh"}
    context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in cookies.items()])
    page = context.new_page()
    page.goto(site.url + "/people")
    page.fill("#given", ENROLMENT["cert_no"])
    page.click("main button")
    page.wait_for_url("**/people/1")
    assert "张" in page.inner_text("h1")
    assert ENROLMENT["cert_no"] not in page.content()
    context.close()
