"""Somebody at the keyboard of a real browser: finds the form of an act, fills it in and sends it, without a mouse."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import ElementHandle, Page, Response
from starlette.routing import Match, Route

from tests.worker.console.chromium import flaws, listen, unclean
from tests.worker.console.site import Browser, Site
from worker.console.pages import PAGES
from worker.console.visit import LANGUAGE, SESSION

WIDTHS = (360, 1920)
_LOOKED_AT: set[str | None] = set()
"""Acts whose answer axe has seen: once in a process, since it takes longer than all the rest."""
_ROUTES = [Route(page.path, lambda _: None, methods=[page.method], name=page.path) for page in PAGES]
_HAS_FOCUS = "e => e === document.activeElement"
_AT_LEAST = """e => {
  const stops = "a[href], button, select, input:not([type=hidden]), summary, [tabindex='0']", main = e.closest("main")
  if (!main || main.contains(document.activeElement) || location.hash !== "#content") return 0
  const before = Array.from(main.querySelectorAll(stops)).filter(one => one.checkVisibility() && one.type !== "radio")
  return Math.max(0, before.indexOf(e) - 1)
}"""
"""How many stops there are at least, from where the link past the menu leads; asking after each takes twice as long."""


class Answer(NamedTuple):
    """What came first to a form that was sent: a page, or where the browser was sent on."""

    status_code: int
    headers: Mapping[str, str]


class AtKeyboard(Browser):
    """A window of Chromium that is told in paths and fields, as its plain parent is.

    ``look`` and ``do`` are the real browser; ``get`` and ``post`` stay plain requests of the same session, for what no
    browser sends. Each page that it comes to is held against ``flaws`` at both widths, and axe looks at each that no
    address leads to.
    """

    def __init__(self, site: Site, window: Page, language: str, width: int) -> None:
        super().__init__(site)
        self.window, self.language, self.width = window, language, width
        self.done: set[str] = set()
        self.wrong: list[Any] = []
        listen(window, self.wrong)
        self._share_cookies()

    def look(self, path: str) -> str:
        """Open a page; returns it as text."""
        reply = self.window.goto(self.site.url + path)
        assert reply is not None
        assert reply.status == 200, (path, reply.status)
        return self._came()

    def do(self, path: str, form: Mapping[str, Any] | None = None) -> Answer:
        """Fill in the form that leads to ``path`` and send it; fields that are not named stay as the page has them.

        A field with several values, and a group of boxes, takes a list; a file its path; a button its value.
        """
        button = self._filled(path, form or {})
        with self.window.expect_navigation() as went:
            button.press("Enter")
        reply: Response | None = went.value
        assert reply is not None
        while reply.request.redirected_from is not None:
            reply = reply.request.redirected_from.response()
            assert reply is not None
        self._share_cookies()
        self._came()
        if reply.status == 200 and (route := _route_of(path, "POST")) not in _LOOKED_AT:
            _LOOKED_AT.add(route)
            self.wrong += unclean(self.window, path)
        return Answer(reply.status, reply.headers)

    def follow(self, link: str) -> str:
        """Press the link that a selector names; returns the page that it leads to."""
        found = self.window.query_selector(link)
        assert found is not None, f"no {link} on {self.window.url}"
        self._focus(found)
        with self.window.expect_navigation():
            found.press("Enter")
        return self._came()

    def take(self, path: str, form: Mapping[str, Any] | None = None) -> bytes:
        """Send a form that is answered with a file; returns the file."""
        button = self._filled(path, form or {})
        with self.window.expect_download() as took:
            button.press("Enter")
        return Path(took.value.path()).read_bytes()

    def _filled(self, path: str, given: Mapping[str, Any]) -> ElementHandle:
        """Everything but the last key: the button to press is in focus."""
        each = {name: value if isinstance(value, list) else [value] for name, value in given.items()}
        found = self._form(path, each)
        for name, values in each.items():
            self._fill(found, name, values)
        chosen = [f'button[name="{name}"][value="{value}"]' for name, (value, *_) in each.items()]
        button = next((one for want in chosen if (one := found.query_selector(want))), None)
        button = button or found.query_selector("button")
        assert button is not None
        self._focus(button)
        return button

    def _form(self, path: str, given: Mapping[str, list[Any]]) -> ElementHandle:
        if not self._forms(path, given):
            self.look(_page_of(path))
        forms = self._forms(path, given)
        assert len(forms) == 1, f"{self.window.url} has {len(forms)} forms for {path}"
        if route := _route_of(path, "POST"):
            self.done.add(route)
        if folded := forms[0].query_selector("xpath=ancestor::details[not(@open)]/summary"):
            self._focus(folded)
            self.window.keyboard.press("Enter")
        return forms[0]

    def _forms(self, path: str, given: Mapping[str, list[Any]]) -> list[ElementHandle]:
        """Those of the page that lead there, have what is given, and whose own fields say nothing else."""
        wanted = '[method="post"]' if _route_of(path, "POST") else ""
        return [
            form
            for form in self.window.query_selector_all(f'form[action="{path}"]{wanted}')
            if all(
                one.get_attribute("value") in given.get(one.get_attribute("name") or "", [one.get_attribute("value")])
                for one in form.query_selector_all("input[type=hidden]")
            )
            and all(form.query_selector(f'[name="{name}"]') for name in given)
        ]

    def _fill(self, form: ElementHandle, name: str, values: list[Any]) -> None:
        fields = form.query_selector_all(f'input[name="{name}"], select[name="{name}"], textarea[name="{name}"]')
        if not fields:
            assert form.query_selector(f'button[name="{name}"]'), f"no field {name} on {self.window.url}"
            return
        match fields[0].evaluate("e => e.type"):
            case "hidden":
                pass
            case "checkbox":
                for box in fields:
                    if box.is_checked() != (box.get_attribute("value") in values):
                        self._press_at(box, "Space")
            case "radio":
                self._focus(next(one for one in fields if one.is_checked()))
                for _ in fields:
                    if not _chosen(fields, values[0]):
                        self.window.keyboard.press("ArrowDown")
                assert _chosen(fields, values[0]), (name, values)
            case "select-one":
                known = fields[0].evaluate("e => Array.from(e.options, one => one.value)")
                self._press_at(fields[0], "Home", *["ArrowDown"] * known.index(values[0]))
                assert fields[0].input_value() == values[0], (name, values)
            case "file":
                self._focus(fields[0])  # the dialog that Enter opens is the system's, not the page's
                fields[0].set_input_files(values[0])
            case "date":
                year, month, day = values[0].split("-")
                self._press_at(fields[0], *(f"{month}{day}{year}"))
                assert fields[0].input_value() == values[0], (name, values)
            case _:
                self._press_at(fields[0], "Control+A", "Delete")
                self.window.keyboard.type(values[0])
                assert fields[0].input_value() == values[0], (name, values)

    def _press_at(self, field: ElementHandle, *keys: str) -> None:
        self._focus(field)
        for key in keys:
            self.window.keyboard.press(key)

    def _focus(self, wanted: ElementHandle) -> None:
        """By Tab alone, past the menu as its first link offers."""
        if wanted.evaluate(_HAS_FOCUS):
            return
        self.window.keyboard.press("Tab")
        if wanted.evaluate("e => document.activeElement.matches('a.skip') && e.closest('main') !== null"):
            self.window.keyboard.press("Enter")
        for _ in range(wanted.evaluate(_AT_LEAST)):
            self.window.keyboard.press("Tab")
        for _ in range(300):
            if wanted.evaluate(_HAS_FOCUS):
                return
            self.window.keyboard.press("Tab")
        raise AssertionError(f"{wanted} cannot be reached by keyboard on {self.window.url}")

    def _came(self) -> str:
        """What is there now, and what is wrong with it."""
        self.page = html.unescape(self.window.content())
        path = self.window.url.removeprefix(self.site.url)
        for width in sorted(WIDTHS, key=lambda one: one == self.width):
            self.window.set_viewport_size({"width": width, "height": 900})
            self.wrong += flaws(self.window, path, width, self.language)
        return self.page

    def _share_cookies(self) -> None:
        """What the window was given, the plain requests have too."""
        self.cookies.clear()
        for one in self.window.context.cookies():
            self.cookies.set(one["name"], one["value"])


def _chosen(fields: list[ElementHandle], value: str) -> bool:
    return any(one.is_checked() and one.get_attribute("value") == value for one in fields)


def _route_of(path: str, method: str) -> str | None:
    """The page, as ``PAGES`` has it, that answers there."""
    scope = {"type": "http", "path": path.partition("?")[0], "method": method}
    return next((route.path for route in _ROUTES if route.matches(scope)[0] is Match.FULL), None)


def _page_of(path: str) -> str:
    """The page that has the form of an act: of the same address, else of the one that it stands under."""
    pattern = _route_of(path, "POST")
    shown = {page.path for page in PAGES if page.method == "GET"}
    while pattern not in shown:
        assert pattern, f"no page has a form for {path}"
        pattern, path = pattern.rpartition("/")[0], path.rpartition("/")[0]
    return path


@contextmanager
def seated(site: Site, chromium: Chromium, login: str, language: str, width: int) -> Iterator[AtKeyboard]:
    """Somebody who is logged in ("" for nobody yet), in a window of their own."""
    context = chromium.new_context(viewport={"width": width, "height": 900})
    context.set_default_timeout(60_000)
    cookies = {LANGUAGE: language} | ({SESSION: site.token(login)} if login else {})
    context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in cookies.items()])
    yield AtKeyboard(site, context.new_page(), language, width)
    context.close()
