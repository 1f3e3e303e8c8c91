"""The console over real HTTP on a real database, and people before it: with a browser's cookies, forms and no more."""

from __future__ import annotations

import html
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import requests
import uvicorn
from sqlalchemy import text

from tests.worker.intake.conftest import Desk
from worker.clock import SHANGHAI
from worker.console.app import application
from worker.console.visit import SESSION
from worker.operators.entering import lifetime
from worker.operators.passwords import hashed
from worker.operators.sessions import form_token
from worker.servers.ports import choose_port

PASSWORD = "correct horse battery"
PEOPLE = {
    "wei": ("viewer",), "he": ("clerk",), "rong": ("reviewer",), "bao": ("operator",), "gu": ("operator",),
    "shen": ("auditor",), "chen": ("admin",), "lu": ("clerk", "reviewer"),
}  # fmt: skip
_ADD = text(
    "INSERT INTO operator (login, name, roles, password, password_since, must_change, added_by, added_at)"
    " VALUES (:login, :name, :roles, :password, now(), false, 'test', now())"
)


@dataclass
class Hands:
    """A clock that tests turn."""

    at: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 9, tzinfo=SHANGHAI))

    def now(self) -> datetime:
        return self.at

    def today(self) -> date:
        return self.at.date()

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Site:
    """A console that runs, its desk, and the clock that it goes by."""

    desk: Desk
    clock: Hands
    url: str

    def begin(self, login: str) -> Browser:
        """Somebody who is logged in, without the work of a password."""
        browser = Browser(self)
        browser.cookies.set(SESSION, self.token(login))
        return browser

    def token(self, login: str) -> str:
        """The token of a new session of somebody."""
        with self.desk.engine.begin() as connection:
            return lifetime(20, 10).begin(connection, login, self.clock.now())

    def events(self, since: int = 0) -> list[tuple[str, str, dict[str, Any]]]:
        """Who, what and the facts of each event of a person from the so-manieth on."""
        rows = self.desk.rows(
            "SELECT s.origin::jsonb->>'actor', e.action, e.facts::jsonb FROM audit_event e JOIN audit_segment s"
            " USING (chain, segment) WHERE s.origin::jsonb->>'actor' ~ '^(operator|clerk):'"
            " ORDER BY s.xmin::text::bigint, e.position"
        )
        return [(who, what, facts) for who, what, facts in rows][since:]


class Browser:
    """Keeps cookies and the last page, fills in forms, follows nothing by itself."""

    def __init__(self, site: Site) -> None:
        self.site, self.session, self.page = site, requests.Session(), ""

    @property
    def cookies(self) -> Any:
        return self.session.cookies

    @property
    def token(self) -> str:
        """Of the session; empty before the login."""
        return self.cookies.get(SESSION) or ""

    def get(self, path: str, **more: Any) -> requests.Response:
        return self._took(self.session.get(self.site.url + path, allow_redirects=False, timeout=60, **more))

    def post(self, path: str, form: Any = (), token: str | None = None, **more: Any) -> requests.Response:
        """A form with the token of this session, or with another."""
        given = [*(form.items() if isinstance(form, dict) else form)]
        given.append(("form_token", form_token(self.token) if token is None else token))
        return self._took(self.session.post(self.site.url + path, given, allow_redirects=False, timeout=60, **more))

    def log_in(self, login: str, password: str = PASSWORD, **more: str) -> requests.Response:
        """By the form, as it comes."""
        self.get("/login")
        found = re.search(r'name="form_token" value="(\w+)"', self.page)
        assert found, self.page
        return self.post("/login", {"login": login, "password": password, **more}, found[1])

    def _took(self, reply: requests.Response) -> requests.Response:
        self.page = html.unescape(reply.text)
        return reply


@cache
def kept_password() -> str:
    return hashed(PASSWORD)


def hire(desk: Desk) -> None:
    """Everybody of ``PEOPLE``, under one password."""
    with desk.engine.begin() as connection:
        for login, roles in PEOPLE.items():
            values = {"login": login, "name": login.title(), "roles": list(roles), "password": kept_password()}
            connection.execute(_ADD, values)


@contextmanager
def opened(desk: Desk, clock: Hands) -> Iterator[Site]:
    """The console of a house, served by the server that the process uses."""
    port = choose_port(None)
    settings = desk.house.settings
    desk.house.settings = settings.model_copy(update={"console": settings.console.model_copy(update={"port": port})})
    config = uvicorn.Config(
        application(desk.house, clock), port=port, log_config=None, lifespan="off", server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the console did not come up"
        assert time.monotonic() < until, "the console did not come up in a minute"
        time.sleep(0.02)
    try:
        yield Site(desk, clock, f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join(30)
