"""A real browser from the login to a replayed job and out again: by keyboard, wide and narrow."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.worker.console.keyboard import AtKeyboard
from tests.worker.console.site import PASSWORD, Site
from tests.worker.jobs.stopped import stopped


def seen(page: Page, name: str) -> None:
    """No part of the page is wider than the window; a picture is kept where LEVY_SCREENSHOTS says."""
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], f"{name} is {widths[0]} px wide in a window of {widths[1]}"
    if kept := os.environ.get("LEVY_SCREENSHOTS"):
        page.screenshot(path=Path(kept) / f"{name}-{widths[1]}.png", full_page=True)


@pytest.mark.does("/login", "/failures/act", "/logout")
@pytest.mark.parametrize(("language", "width"), [("zh", 1280), ("en", 360)])
def test_from_the_login_to_a_replayed_job(
    site: Site, at_keyboard: Callable[..., AtKeyboard], language: str, width: int
) -> None:
    cause = f"line{width}"
    (job,) = stopped(site.desk.engine, 1, cause=cause, reason="线路中断")
    bao = at_keyboard(site, "", language, width)
    bao.look("/failures")
    assert bao.do("/login", {"login": "bao", "password": PASSWORD}).headers["location"] == "/failures"
    bao.follow("nav a[href='/']")
    bao.follow("a[href='/jobs?state=parked']")
    bao.follow("nav a[href='/failures']")
    bao.follow(f"tr:has-text('{cause}') a.button")
    bao.do("/failures/act", {"reason": "线路已恢复"})
    assert site.desk.one(f"SELECT state FROM job WHERE id = {job}") == "ready"
    assert {"zh": "已下达", "en": "carried out"}[language] in bao.page
    bao.follow("a[href='/acts']")
    assert {"zh": "重放作业", "en": "jobs replayed"}[language] in bao.page
    assert bao.do("/logout").headers["location"] == "/login"
