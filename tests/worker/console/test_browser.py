"""A real browser, without any script of ours: from the login to a replayed job, by keyboard, wide and narrow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.worker.console.chromium import failed, needs_chromium, started
from tests.worker.console.site import PASSWORD, Site
from tests.worker.jobs.stopped import stopped

pytestmark = needs_chromium


@pytest.fixture(params=[(1280, 900), (360, 740)], ids=["wide", "narrow"])
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of a browser with nothing kept; whatever it complains of fails the test."""
    width, height = request.param
    complaints: list[Any] = []
    with started() as browser:
        opened = browser.new_page(viewport={"width": width, "height": height})
        opened.set_default_timeout(60_000)
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("requestfailed", lambda asked: complaints.extend(failed(asked)))
        yield opened
    assert complaints == []


def seen(page: Page, name: str) -> None:
    """No part of the page is wider than the window; a picture is kept where LEVY_SCREENSHOTS says."""
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], f"{name} is {widths[0]} px wide in a window of {widths[1]}"
    if kept := os.environ.get("LEVY_SCREENSHOTS"):
        page.screenshot(path=Path(kept) / f"{name}-{widths[1]}.png", full_page=True)


def test_from_the_login_to_a_replayed_job(site: Site, page: Page) -> None:
    site.clock.turn(minutes=30)
    cause = f"line_{page.viewport_size['width']}" if page.viewport_size else ""
    (job,) = stopped(site.desk.engine, 1, cause=cause, reason="tax did not answer")
    page.goto(site.url + "/failures")
    seen(page, "login")
    page.keyboard.type("bao")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/failures")
    page.click("nav a[href='/']")
    page.wait_for_selector("h1:has-text('总览')")
    seen(page, "overview")
    page.click("a[href='/jobs?state=parked']")
    page.wait_for_selector("h1:has-text('作业')")
    seen(page, "jobs")
    page.click("nav a[href='/failures']")
    page.wait_for_selector("h1:has-text('故障作业')")
    seen(page, "failures")
    page.click(f"tr:has-text('{cause}') a.button:has-text('重放')")
    page.wait_for_selector("p:has-text('将涉及 1 个作业')")
    seen(page, "plan")
    page.fill("#reason", "线路已恢复")
    page.keyboard.press("Enter")
    page.wait_for_url("**/requests/*")
    assert "已执行" in page.inner_text("main")
    seen(page, "request")
    assert site.desk.one(f"SELECT state FROM job WHERE id = {job}") == "ready"
    page.click("a[lang='en']")
    page.wait_for_selector("h1:has-text('replay')")
    seen(page, "request-en")
    page.click("a:has-text('My acts')")
    page.wait_for_selector("td:has-text('jobs replayed')")
    seen(page, "acts")
    page.click("button:has-text('Log out')")
    page.wait_for_url("**/login")
