"""The console as a web application: its pages, each with the act that it is, and what happens before a page answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from io import BytesIO
from itertools import chain
from typing import Any
from urllib.parse import parse_qs

import structlog
from python_multipart import parse_form
from python_multipart.exceptions import FormParserError
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from worker.clock import Clock, NoSeason, SystemClock
from worker.console import entrance
from worker.console.beside import Beside
from worker.console.figures import Figures
from worker.console.guard import STATIC, UPLOADS, Guard, largest
from worker.console.pages import OWN_ACCOUNT, PAGES, Page
from worker.console.visit import SESSION, Place, Visit, Wrong
from worker.console.words import FILES
from worker.house import House
from worker.jobs.intervene import NotPossible
from worker.operators.accounts import AccountRefused
from worker.operators.entering import Entrance, lifetime
from worker.operators.rights import RIGHTS
from worker.operators.sessions import is_form_token
from worker.operators.waits import Waits

_log = structlog.get_logger("console")
_FIELDS = 1000


def application(house: House, clock: Clock | None = None) -> ASGIApp:
    """The console of this house. ``clock``: what sessions and waits are measured by, else the machine's."""
    settings = house.settings.console
    told = clock or SystemClock()
    lasting = lifetime(settings.idle_minutes, settings.hours)
    door = Entrance(house.engine, house.audit, told, Waits(house.keychain), lasting)
    place = Place(house, door, settings.address.startswith("https:"), Figures(house), Beside(told))
    routes = [Route(page.path, _endpoint(place, page), methods=[page.method]) for page in PAGES]
    routes = [Route(path, _to_its_page(path), methods=["GET"]) for path in _ONLY_SENT] + routes
    static = Mount(STATIC.rstrip("/"), StaticFiles(directory=FILES / "static"))
    return Guard(Starlette(routes=[Route("/health", _health), static, *routes]), settings.address)


_SHOWN = {page.path for page in PAGES if page.method == "GET"}
_ONLY_SENT = [page.path for page in PAGES if page.method == "POST" and page.path not in _SHOWN]


def _to_its_page(path: str) -> Callable[[Request], Awaitable[Response]]:
    """What an act answers has filters and a switch of language: looked at by its address, it leads to its page."""
    page = path
    while page not in _SHOWN:
        page = page.rpartition("/")[0] or "/"

    async def endpoint(request: Request) -> Response:
        here = "/".join(request.url.path.split("/")[: page.count("/") + 1]) if page != "/" else "/"
        return RedirectResponse(here + (f"?{request.url.query}" if request.url.query else ""), 303)

    return endpoint


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _endpoint(place: Place, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > largest(page.path):
                return Response(f"a form has at most {largest(page.path)} bytes\n", 413)
        return await run_in_threadpool(_respond, place, page, request, bytes(body))

    return endpoint


def _respond(place: Place, page: Page, request: Request, body: bytes) -> Response:
    """Who asks, whether the form is one of theirs, whether they may; then the page itself."""
    visit = Visit(place, request, {}, "", None)
    try:
        visit.form, visit.files = _sent(request, page, body)
        _refuse_nul(request, visit.form)
        if page.act is None:
            return page.answer(visit)
        visit.token = visit.cookie(SESSION)
        with place.house.engine.begin() as connection:
            visit.who = place.entrance.lifetime.whose(connection, visit.token, place.entrance.clock.now())
        if visit.who is None:
            return entrance.to_login(visit)
        if page.method == "POST" and not is_form_token(visit.token, visit.given("form_token")):
            raise Wrong(403, visit.words("form_of_another"))
        if visit.who.must_change and page.act != OWN_ACCOUNT:
            return visit.go("/password")
        if not visit.who.may(page.act):
            needed = ", ".join(visit.words.value("role", role) for role in RIGHTS[page.act].roles)
            raise Wrong(403, visit.words("not_your_role", roles=needed))
        return page.answer(visit)
    except Wrong as wrong:
        return _sorry(visit, wrong.status, str(wrong))
    except (NotPossible, AccountRefused) as refused:
        return _sorry(visit, 409, str(refused))
    except NoSeason as error:
        return _sorry(visit, 503, str(error))
    except DBAPIError as error:
        _log.warning("console.unavailable", page=page.path, reason=type(error).__name__)
        return _sorry(visit, 503, visit.words("database_away"))
    except Exception:
        _log.exception("console.failed", page=page.path)
        return _sorry(visit, 500, visit.words("our_fault"))


def _sorry(visit: Visit, status: int, sentence: str) -> Response:
    return visit.show("sorry", status, sentence=visit.words.said(sentence), back=visit.came_from)


def _refuse_nul(request: Request, form: Mapping[str, Sequence[str]]) -> None:
    """No text that the database keeps has this sign in it."""
    told = [*request.query_params.values(), *map(str, request.path_params.values()), *chain(*form.values())]
    if any("\0" in one for one in told):
        raise Wrong(400, "this form cannot be read")


def _sent(
    request: Request, page: Page, body: bytes
) -> tuple[Mapping[str, Sequence[str]], dict[str, tuple[str, bytes]]]:
    """Fields, and files where the page takes any."""
    kind = request.headers.get("content-type", "")
    if page.path not in UPLOADS or not kind.startswith("multipart/form-data"):
        return _form(request, body), {}
    fields: dict[str, list[str]] = {}
    files: dict[str, tuple[str, bytes]] = {}

    def on_field(one: Any) -> None:
        fields.setdefault(one.field_name.decode(), []).append((one.value or b"").decode())

    def on_file(one: Any) -> None:
        one.file_object.seek(0)
        files[one.field_name.decode()] = ((one.file_name or b"").decode(errors="replace"), one.file_object.read())

    try:
        parse_form({"Content-Type": kind.encode()}, BytesIO(body), on_field, on_file)
    except (FormParserError, ValueError):
        raise Wrong(400, "this form cannot be read") from None
    return fields, files


def _form(request: Request, body: bytes) -> Mapping[str, Sequence[str]]:
    """The fields of a form; nothing but a form is taken."""
    if request.method != "POST":
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Wrong(415, "this is no form")
    try:
        return parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS)
    except ValueError:  # also bytes that are no text
        raise Wrong(400, "this form cannot be read") from None
