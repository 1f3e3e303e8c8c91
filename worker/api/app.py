"""The machine door as a web application over the house. The wire is ``adapters/api/openapi.yaml``."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import structlog
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.api import contract
from worker.api.desk import Desk, Problem
from worker.api.keys import Caller, NotAdmitted, admit
from worker.clock import NoSeason
from worker.house import House

_log = structlog.get_logger("api")
LARGEST_BODY = 4 * 1024 * 1024
"""Bytes: 2,000 rows with every cell filled have about 2 MB."""
_BODY_SECONDS = 30.0
_LONGEST_PAGE = 1000
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
Answer = Callable[[Caller, Request, bytes], dict[str, Any]]


def application(house: House, nudge: Callable[[list[int]], object] = lambda _: None) -> Starlette:
    """The machine door of this house. ``nudge`` tells the workers of fresh jobs."""
    desk = Desk(house)

    def route(path: str, role: str, answer: Answer, method: str = "POST") -> Route:
        return Route(path, _endpoint(house, role, answer), methods=[method])

    def pushed(kind: str) -> Answer:
        return lambda caller, request, body: desk.push(caller, kind, _idempotency_key(request), body)

    def changes(caller: Caller, request: Request, _: bytes) -> dict[str, Any]:
        return desk.changes(
            caller, _number(request, "after", 0, 2**53), _number(request, "limit", 500, _LONGEST_PAGE, 1)
        )

    def news(_caller: Caller, _request: Request, body: bytes) -> dict[str, Any]:
        said, job = desk.tax_news(body)
        if job is not None:
            nudge([job])
        return said

    return Starlette(
        routes=[
            Route("/health", _health),
            Route("/v1/openapi.json", _document),
            *(route(f"/v1/{kind}", "push", pushed(kind)) for kind in ("enrolments", "flags", "accounts")),
            route("/v1/decisions", "ask", lambda caller, _, body: desk.decide(caller, body)),
            route("/v1/people/state", "read", lambda caller, _, body: desk.person(caller, body)),
            route("/v1/changes", "read", changes, "GET"),
            route("/v1/tax/news", "tax", news),
        ],
        exception_handlers={HTTPException: _http_problem},
    )


async def _health(_: Request) -> Response:
    return _reply(200, {"status": "ok"})


async def _document(_: Request) -> Response:
    return _reply(200, contract().document)


async def _http_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "unknown_path", 405: "unknown_method"}.get(error.status_code, "refused")
    return _reply(error.status_code, {"code": code, "text": error.detail}, dict(error.headers or {}))


def _endpoint(house: House, role: str, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            caller = await run_in_threadpool(_admit, house, role, request)
            body = await asyncio.wait_for(_body(request), _BODY_SECONDS)
            content = await run_in_threadpool(answer, caller, request, body)
        except Problem as problem:
            return _refused(request, problem)
        except TimeoutError:
            return _refused(request, Problem(408, "too_slow", f"the body did not come within {_BODY_SECONDS:.0f} s"))
        except NoSeason as error:
            return _refused(request, Problem(503, "not_open", str(error)))
        except DBAPIError as error:  # a write may have been done: its key tells
            _log.warning("api.unclear", path=request.url.path, reason=type(error).__name__)
            return _refused(
                request, Problem(503, "unavailable", "our database does not answer; repeat with the same key")
            )
        _log.info("api.answered", path=request.url.path, client=caller.client, key=caller.key)
        return _reply(200, content)

    return endpoint


def _admit(house: House, role: str, request: Request) -> Caller:
    """Who calls, with the role that this needs and within the rate. Raises ``Problem``."""
    headers = request.headers.getlist("authorization")
    try:
        with house.engine.begin() as connection:
            clock = house.clock
            caller = admit(
                connection, headers[0] if len(headers) == 1 else None, house.law.area, _today(house), clock.now()
            )
    except NotAdmitted:
        raise Problem(401, "not_admitted", "there is no key, or none that opens") from None
    if caller.calls > house.settings.api.calls_a_minute:
        raise Problem(429, "too_many", f"a key may call {house.settings.api.calls_a_minute} times a minute")
    if role not in caller.roles and not (role == "read" and "read_clear" in caller.roles):
        raise Problem(403, "other_role", f"this needs a key with the role {role}")
    return caller


def _today(house: House) -> Any:
    """The day by the clock on the wall, whichever day a season plays: keys end in our time."""
    return house.clock.now().date()


def _refused(request: Request, problem: Problem) -> Response:
    _log.info("api.refused", path=request.url.path, status=problem.status, code=problem.code)
    headers = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "60"}, 503: {"Retry-After": "5"}}
    return _reply(problem.status, {"code": problem.code, "text": problem.sentence}, headers.get(problem.status, {}))


def _reply(status: int, content: Any, headers: dict[str, str] | None = None) -> Response:
    always = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(orjson.dumps(content), status, always | (headers or {}), media_type="application/json")


async def _body(request: Request) -> bytes:
    """The whole body. Raises ``Problem`` where it is larger than it may be."""
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > LARGEST_BODY:
            raise Problem(413, "too_large", f"a body has at most {LARGEST_BODY} bytes")
    return bytes(received)


def _idempotency_key(request: Request) -> str:
    given = request.headers.getlist("idempotency-key")
    if len(given) != 1 or not _KEY.fullmatch(given[0]):
        raise Problem(400, "bad_key", "the Idempotency-Key is missing, or is none")
    return given[0]


def _number(request: Request, name: str, otherwise: int, largest: int, smallest: int = 0) -> int:
    given = request.query_params.getlist(name)
    if not given:
        return otherwise
    sound = len(given) == 1 and given[0].isascii() and given[0].isdecimal() and len(given[0]) <= 16
    if not sound or not smallest <= int(given[0]) <= largest:
        raise Problem(400, "bad_request", f"`{name}` is a number from {smallest} to {largest}, given once")
    return int(given[0])
