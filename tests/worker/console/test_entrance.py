"""Who is let in, for how long, and what every answer of the console has."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests
from argon2 import PasswordHasher
from sqlalchemy import text

from tests.worker.console.keyboard import AtKeyboard
from tests.worker.console.site import PASSWORD, Browser, Site
from worker.console.entrance import local_path
from worker.console.guard import Guard
from worker.console.visit import SESSION
from worker.operators.accounts import Registry
from worker.operators.sessions import form_token
from worker.operators.waits import MustWait, Waits

WRONG = "a wrong horse battery"


@pytest.fixture(autouse=True)
def quiet(site: Site) -> None:
    """What failed in one test holds nobody up in the next."""
    with site.desk.engine.begin() as connection:
        connection.execute(text("DELETE FROM login_wait"))


def inside(browser: Browser) -> bool:
    reply = browser.get("/acts")
    assert (reply.status_code, reply.headers.get("location", "")[:6]) in ((200, ""), (303, "/login"))
    return reply.status_code == 200


def test_logging_in_and_out_are_events_without_names(site: Site) -> None:
    before, browser = len(site.events()), Browser(site)
    assert browser.get("/failures?state=parked").headers["location"] == "/login?next=%2Ffailures%3Fstate%3Dparked"
    assert browser.log_in("Bao", next="/failures?state=parked").headers["location"] == "/failures?state=parked"
    assert inside(browser)
    assert Browser(site).log_in("bao", WRONG).status_code == 403
    assert Browser(site).log_in("610922199003078519", WRONG).status_code == 403
    token = browser.token
    assert browser.post("/logout").headers["location"] == "/login"
    browser.cookies.set(SESSION, token)
    assert not inside(browser)
    assert site.events(before) == [
        ("operator:bao", "operator.logged_in", {"login": "bao"}),
        ("operator:bao", "operator.login_failed", {"login": "bao"}),
        ("operator:?", "operator.login_failed", {}),
        ("operator:bao", "operator.logged_out", {"login": "bao"}),
    ]
    assert site.desk.chain_is_whole()


def test_after_the_login_one_stays_here() -> None:
    for path in ("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", "", None):
        assert local_path(path) == "/"
    assert local_path("/failures?state=parked") == "/failures?state=parked"


def test_the_session_is_a_cookie_that_only_the_browser_has(site: Site) -> None:
    browser = Browser(site)
    cookie = browser.log_in("wei").headers["set-cookie"]
    assert re.search(rf"{SESSION}=[\w-]{{43}}; HttpOnly; Path=/; SameSite=strict(?!.*Secure)", cookie)
    assert browser.token.encode() not in site.desk.one("SELECT token_hash FROM console_session WHERE login = 'wei'")


def test_a_session_ends_without_clicks_and_after_hours_of_them(site: Site) -> None:
    idle, busy = site.begin("wei"), site.begin("wei")
    site.clock.turn(minutes=19)
    assert inside(busy)
    site.clock.turn(minutes=2)
    assert [inside(idle), inside(busy)] == [False, True]
    for _ in range(38):
        site.clock.turn(minutes=15)
        if not inside(busy):
            break
    else:
        site.clock.turn(minutes=12)
        assert not inside(busy), "ten hours have gone"


def test_a_session_that_was_there_before_the_login_is_nobodys_afterwards(site: Site) -> None:
    planted = site.begin("wei")
    browser = Browser(site)
    browser.cookies.set(SESSION, planted.token)
    browser.cookies.set("levy_before_login", "planted")
    browser.session.get(site.url + "/login")
    reply = browser.post("/login", {"login": "bao", "password": PASSWORD}, form_token("planted"))
    assert reply.headers["location"] == "/"
    assert planted.token not in reply.headers["set-cookie"]
    assert [inside(planted), inside(browser)] == [False, True]
    assert "Bao" in browser.page


@pytest.mark.does("/password")
def test_a_new_password_a_logout_and_a_disabling_end_what_they_should(
    site: Site, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    one, other, again = at_keyboard(site, "gu", "zh", 360), site.begin("gu"), Browser(site)
    new = "another horse, another day"
    for old, word, said in ((WRONG, new, "现用密码不对"), (PASSWORD, "password1234", "最先被猜到")):
        assert one.post("/password", {"old": old, "new": word, "again": word}).status_code == 422
        assert said in one.page
    assert one.post("/password", {"old": PASSWORD, "new": new, "again": new + "."}).status_code == 422
    assert inside(other)
    one.look("/password")
    assert one.do("/password", {"old": PASSWORD, "new": new, "again": new}).headers["location"] == "/"
    assert [inside(one), inside(other)] == [True, False]
    one.look("/acts")
    assert [again.log_in("gu").status_code, again.log_in("gu", new).status_code] == [403, 303]
    registry = Registry(site.desk.house.audit, site.clock, "chen")
    with site.desk.engine.begin() as connection:
        registry.disable(connection, "gu")
    assert [inside(one), inside(again)] == [False, False]
    assert Browser(site).log_in("gu", new).status_code == 403
    with site.desk.engine.begin() as connection:
        registry.enable(connection, "gu")
        given = registry.set_password(connection, "gu")
    fresh = Browser(site)
    assert fresh.log_in("gu", given).headers["location"] == "/"
    assert fresh.get("/failures").headers["location"] == "/password", "it was given out by somebody else"
    assert fresh.post("/failures/act").headers["location"] == "/password"
    assert fresh.post("/password", {"old": given, "new": new, "again": new}).headers["location"] == "/"
    assert fresh.get("/failures").status_code == 200


@pytest.mark.does
def test_a_page_that_reads_itself_anew_goes_to_the_login_when_its_session_has_ended(
    site: Site, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    bao = at_keyboard(site, "bao", "zh", 1920)
    bao.look("/schedule")
    bao.window.context.clear_cookies()
    with bao.window.expect_navigation(url="**/login*"):
        bao.window.evaluate("look()")


def test_nobody_learns_which_names_there_are(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same reply, and the same work: a password is looked at once, whatever the name."""
    looked: list[str] = []
    verify = PasswordHasher.verify

    def counted(hasher: PasswordHasher, kept: str, password: str) -> bool:
        looked.append(password)
        return verify(hasher, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    with site.desk.engine.begin() as connection:
        Registry(site.desk.house.audit, site.clock, "chen").disable(connection, "lu")
    replies = []
    for name, password in (("wei", WRONG), ("zhou", WRONG), ("lu", PASSWORD), ("", "")):
        before, browser = len(looked), Browser(site)
        reply = browser.log_in(name, password)
        replies.append((reply.status_code, re.sub(r'value="\w*"', "", browser.page)))
        assert len(looked) == before + 1, name
    assert len(set(replies)) == 1


def test_failed_logins_make_everybody_wait_longer_and_longer(site: Site) -> None:
    browser = Browser(site)
    for _ in range(4):
        assert browser.log_in("bao", WRONG).status_code == 403
    reply = browser.log_in("BAO", PASSWORD)
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "1")
    for name in ("zhou", "zhou", "zhou", "zhou"):
        browser.log_in(name, WRONG)
    unknown = Browser(site).log_in("zhou", WRONG)
    assert (unknown.status_code, unknown.headers["Retry-After"]) == (429, "1"), "names nobody has wait like others"
    site.clock.turn(seconds=1.1)
    assert browser.log_in("bao", WRONG).status_code == 403
    assert browser.log_in("bao", PASSWORD).headers["Retry-After"] == "2"
    site.clock.turn(seconds=2.1)
    assert browser.log_in("bao").status_code == 303
    assert Browser(site).log_in("bao", WRONG).status_code == 403, "who has come in begins anew"


def test_waits_double_up_to_a_quarter_of_an_hour_and_are_forgotten(site: Site) -> None:
    waits, now, told = Waits(site.desk.house.keychain), site.clock.now(), []
    for n in range(30):
        try:
            with site.desk.engine.begin() as connection:
                waits.attempt(connection, "wei", f"192.0.2.{n}", now)
        except MustWait as wait:
            told.append(wait.seconds)
            now += timedelta(seconds=wait.seconds)
    assert told == [*(2.0**n for n in range(10)), 900.0, 900.0, 900.0]
    with site.desk.engine.begin() as connection:
        waits.attempt(connection, "wei", "192.0.2.1", now + timedelta(hours=2))
        waits.attempt(connection, "wei", "192.0.2.1", now + timedelta(hours=2))
        assert connection.execute(text("SELECT max(failures) FROM login_wait")).scalar_one() == 2


def test_an_address_waits_too_whatever_names_it_tries_and_all_at_once_is_no_way_around(site: Site) -> None:
    waits, now = Waits(site.desk.house.keychain), site.clock.now()

    def attempt(login: str, address: str) -> bool:
        try:
            with site.desk.engine.begin() as connection:
                waits.attempt(connection, login, address, now)
        except MustWait:
            return False
        return True

    assert [attempt(f"n{n}", "192.0.2.9") for n in range(22)] == [True] * 20 + [False] * 2
    assert attempt("n99", "192.0.2.10")
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda n: attempt("rong", f"198.51.100.{n}"), range(24))) == 4


@pytest.mark.parametrize("token", ["", "0" * 64, None])
def test_a_form_without_the_token_of_its_session_does_nothing(site: Site, token: str | None) -> None:
    one, other = site.begin("chen"), site.begin("chen")
    given = form_token(other.token) if token is None else token
    before = site.desk.rows("SELECT count(*) FROM operator")
    form = {"login": "new", "name": "x", "role": "viewer"}
    assert one.post("/operators", form, given).status_code == 403
    assert "此表单不属于本次登录" in one.page
    assert site.desk.rows("SELECT count(*) FROM operator") == before
    assert Browser(site).post("/login", {"login": "chen", "password": PASSWORD}, given).status_code == 403


FOREIGN: dict[str, tuple[dict[str, str], int]] = {
    "another site's form": ({"Origin": "https://evil.example"}, 403),
    "a form of nowhere": ({"Origin": "null"}, 403),
    "a form from elsewhere": ({"Sec-Fetch-Site": "cross-site"}, 403),
    "another host": ({"Host": "evil.example"}, 421),
    "another port": ({"Host": "127.0.0.1:1"}, 421),
    "no form": ({"Content-Type": "application/json"}, 415),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_does_not_come_from_our_pages_is_refused(site: Site, what: str) -> None:
    headers, status = FOREIGN[what]
    assert site.begin("chen").post("/logout", headers=headers).status_code == status


def test_every_answer_has_the_headers_that_keep_it_safe(site: Site) -> None:
    browser = site.begin("wei")
    answers = {
        "page": (browser.get("/"), 200),
        "sent on": (Browser(site).get("/"), 303),
        "login": (Browser(site).get("/login"), 200),
        "not allowed": (browser.get("/operators"), 403),
        "not there": (browser.get("/nothing"), 404),
        "no such job": (browser.get("/jobs/999"), 404),
        "method": (requests.put(site.url + "/", timeout=60), 405),
        "method of a page": (browser.post("/acts"), 405),
        "too large": (browser.post("/logout", {"x": "y" * 70_000}), 413),
        "no text": (browser.session.post(site.url + "/logout", b"a=%ff", headers=_FORM, timeout=60), 400),
        "health": (requests.get(site.url + "/health", timeout=60), 200),
        "style": (requests.get(site.url + "/static/console.css", timeout=60), 200),
        "host": (requests.get(site.url + "/", headers={"Host": "evil.example"}, timeout=60), 421),
    }
    for name, (reply, status) in answers.items():
        assert reply.status_code == status, name
        policy = reply.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, name
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src 'self';" in policy, "the one script that is ours"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "same-origin"
        assert reply.headers["Cache-Control"] == ("max-age=300" if name == "style" else "no-store")
        assert "Strict-Transport-Security" not in reply.headers, "this is http on this very machine"
        assert "server" not in reply.headers
        assert not re.search(
            r"<script(?! src=./static/refresh.js. defer></script>)|style=|javascript:| on[a-z]+=", reply.text
        ), name


def test_a_body_without_a_length_is_bounded_too(site: Site) -> None:
    browser = site.begin("wei")
    reply = requests.post(
        site.url + "/logout",
        data=iter([b"x" * 40_000] * 2),
        headers=_FORM,
        cookies={SESSION: browser.token},
        timeout=60,
    )
    assert reply.status_code == 413
    assert inside(browser)


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_behind_tls_cookies_are_secure_and_browsers_are_told_to_stay(site: Site) -> None:
    sent: list[Any] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    def ask(host: str) -> dict[bytes, bytes]:
        scope = {"type": "http", "path": "/", "method": "GET", "headers": [(b"host", host.encode())]}
        coroutine = Guard(inner, "https://levy.example")(scope, lambda: None, send)  # type: ignore[arg-type]
        with pytest.raises(StopIteration):
            coroutine.send(None)
        return dict(sent.pop(0)["headers"]) | {b"status": b""}

    assert ask("levy.example")[b"strict-transport-security"] == b"max-age=31536000"
    for host in ("127.0.0.1:8425", "levy.example:8425", "evil.levy.example"):
        ask(host)
        assert sent, f"{host} is refused with a body of our own"
        sent.clear()
