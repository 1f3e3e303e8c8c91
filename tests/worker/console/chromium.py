"""Debian's Chromium, for what needs a real browser."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = os.environ.get("LEVY_CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""The same engine without the parts that only a desktop has takes half the time; whichever is there will do."""
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium: install Debian's, or name one by LEVY_CHROMIUM"
)

ENGLISH = re.compile(r"(?<![\w/.-])[A-Za-z][a-z']+(?:,? [A-Za-z][a-z']+){2,}|(?<![\w/.:-])[a-z]+(?:_[a-z]+)+")
"""Three words in a row, or a code that has no word."""
SHOWN = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = []
  while (walk.nextNode())
    if (!walk.currentNode.parentElement.closest("code, script, [lang=en]")) found.push(walk.currentNode.data)
  return found.join("\\n").replace(/levy [a-z -]+/g, "")
}"""


@contextmanager
def started() -> Iterator[Browser]:
    """A browser with nothing kept, for as long as the block runs."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def failed(asked: Any) -> list[str]:
    """What a browser's failed request (Playwright's) is to be told as; a page that is left while it reads itself anew
    only gives that reading up, and one that turns out to be a file to keep is not gone to.
    """
    given_up = asked.resource_type in ("fetch", "document") and asked.failure == "net::ERR_ABORTED"
    return [] if given_up else [f"{asked.url}: {asked.failure}"]


def listen(page: Page, wrong: list[Any]) -> None:
    """Whatever the browser complains of is wrong."""
    page.on("console", lambda message: wrong.append((page.url, message.text)))
    page.on("requestfailed", lambda asked: wrong.extend((page.url, one) for one in failed(asked)))


def unclean(page: Page, path: str) -> list[Any]:
    """What axe finds on the page as it stands."""
    found = Axe().run(page).response["violations"]
    return [(path, one["id"], one["nodes"][0]["html"][:200]) for one in found]


def flaws(page: Page, path: str, width: int, language: str) -> list[Any]:
    """What is wrong with the page as it stands."""
    found: list[Any] = []
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        found.append((path, f"is {wide} px wide in {width}"))
    if page.get_attribute("html", "lang") != {"zh": "zh-CN", "en": "en"}[language]:
        found.append((path, "is in another language"))
    if language == "zh":
        found += [(path, f"has English on it: {said}") for said in ENGLISH.findall(page.evaluate(SHOWN))]
    return found
