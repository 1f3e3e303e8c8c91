"""No form of the console is forgotten: each is filled in and sent in a real browser by some test."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from worker.console.pages import PAGES


def test_every_form_is_filled_in_and_sent_in_a_real_browser_by_some_test() -> None:
    """``at_keyboard`` holds each test to what it says here that it does."""
    done: set[str] = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        module = import_module(f"tests.worker.console.{path.stem}")
        marks = [mark for one in vars(module).values() for mark in getattr(one, "pytestmark", []) if callable(one)]
        done |= {path for mark in marks if mark.name == "does" for path in mark.args}
    assert done == {page.path for page in PAGES if page.method == "POST"}
