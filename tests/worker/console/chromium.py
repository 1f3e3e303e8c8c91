"""Debian's Chromium, for what needs a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = os.environ.get("LEVY_CHROMIUM") or shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium: install Debian's, or name one by LEVY_CHROMIUM"
)


@contextmanager
def started() -> Iterator[Browser]:
    """A browser with nothing kept, for as long as the block runs."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def failed(asked: Any) -> list[str]:
    """What a browser's failed request (Playwright's) is to be told as; a page that is left while it reads itself anew
    only gives that reading up.
    """
    given_up = asked.resource_type == "fetch" and asked.failure == "net::ERR_ABORTED"
    return [] if given_up else [f"{asked.url}: {asked.failure}"]
