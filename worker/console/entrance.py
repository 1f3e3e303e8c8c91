"""Logging in and out, and one's own password."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.responses import Response

from worker.console.visit import SESSION, Visit, Wrong
from worker.operators.entering import NotLetIn
from worker.operators.passwords import PasswordRefused
from worker.operators.sessions import is_form_token, new_token
from worker.operators.waits import MustWait

BEFORE = "levy_before_login"


def to_login(visit: Visit) -> Response:
    """Send somebody whom we do not know to the login, and back afterwards."""
    url = visit.request.url
    wanted = url.path + (f"?{url.query}" if url.query else "")
    answer = visit.go("/login", **({"next": wanted} if visit.request.method == "GET" and wanted != "/" else {}))
    return visit.drop(answer, SESSION) if visit.token else answer


def show_login(visit: Visit) -> Response:
    """The form; its token is bound to a cookie of its own, as there is no session yet."""
    return _form(visit, 200, None, local_path(visit.asked("next")))


def log_in(visit: Visit) -> Response:
    """Let somebody in under a new session, whatever the browser brought along."""
    wanted = local_path(visit.given("next"))
    before = visit.cookie(BEFORE)
    if not before or not is_form_token(before, visit.given("form_token")):
        return _form(visit, 403, visit.words("form_ran_out"), wanted)
    old = visit.cookie(SESSION)
    password = (visit.form.get("password") or [""])[0]
    try:
        token = visit.place.entrance.enter(visit.given("login"), password, visit.address, old)
    except MustWait as wait:
        answer = _form(visit, 429, visit.words("must_wait", span=visit.words.span(wait.seconds)), wanted)
        answer.headers["Retry-After"] = f"{wait.seconds:.0f}"
        return answer
    except NotLetIn:
        return _form(visit, 403, visit.words("not_let_in"), wanted)
    return visit.drop(visit.keep(visit.go(wanted), SESSION, token), BEFORE)


def log_out(visit: Visit) -> Response:
    """End the session here and in the browser."""
    visit.place.entrance.leave(visit.operator, visit.token)
    visit.place.sheets.take(visit.token)
    return visit.drop(visit.go("/login"), SESSION)


def show_password(visit: Visit) -> Response:
    """The form for one's own password."""
    return visit.show("password", problem=None)


def change_password(visit: Visit) -> Response:
    """Set it; other sessions of the account end, this one goes on under a new token."""
    old, new, again = ((visit.form.get(name) or [""])[0] for name in ("old", "new", "again"))
    try:
        if new != again:
            raise PasswordRefused("again", "the two differ")
        token = visit.place.entrance.change_password(visit.operator, old, new, visit.address)
    except PasswordRefused as refused:
        return visit.show("password", 422, problem=visit.words(f"password_{refused.code}"))
    except MustWait as wait:
        raise Wrong(429, visit.words("must_wait", span=visit.words.span(wait.seconds))) from None
    return visit.keep(visit.go("/"), SESSION, token)


def _form(visit: Visit, status: int, problem: str | None, wanted: str) -> Response:
    visit.token = visit.cookie(BEFORE) or new_token()
    return visit.keep(visit.show("login", status, problem=problem, next=wanted), BEFORE, visit.token)


def local_path(path: str | None) -> str:
    """A path of our own to go on to; anything else is the overview."""
    parts = urlsplit(path or "/")
    ours = not parts.scheme and not parts.netloc and (path or "/").startswith("/") and "\\" not in (path or "")
    return (path or "/") if ours and not (path or "/").startswith("//") else "/"
