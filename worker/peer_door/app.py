"""The door that peers knock at: a web application over the house. The wire is ``adapters/peer/openapi.yaml``."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import structlog
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.peer.client import contract
from adapters.peer.signatures import BadSignature, Parts
from worker.clock import NoSeason
from worker.house import House
from worker.peer_door.desk import Desk, Problem
from worker.peer_door.guard import Guard

_log = structlog.get_logger("door")
LARGEST_BODY = 1024 * 1024
_RETRY_SECONDS = 5
Answer = Callable[[Request, str, bytes], dict[str, Any]]


def application(house: House, now: Callable[[], float] = time.time) -> Starlette:
    """The door of this house. ``now``: seconds since 1970, for the times in signatures."""
    door = house.settings.peer_door
    desk, guard = Desk(house), Guard(house.peers.keyring, house.engine, door.url, door.window_seconds)

    def route(path: str, answer: Answer, method: str = "GET") -> Route:
        return Route(path, _endpoint(guard, answer, now), methods=[method])

    def keyed(act: Callable[[str, str, bytes], dict[str, Any]]) -> Answer:
        return lambda request, peer, body: act(peer, _key(request.headers.get("idempotency-key", "")), body)

    def asked(request: Request, peer: str, _: bytes) -> dict[str, Any]:
        return desk.reply_to(peer, request.path_params["key"])

    return Starlette(
        routes=[
            Route("/health", _health),
            route("/v1/offers", keyed(desk.offer), "POST"),
            route("/v1/offers/{key}", asked),
            route("/v1/cases/{case}", lambda request, peer, _: desk.case(peer, request.path_params["case"])),
            route("/v1/heads", lambda _, peer, body: desk.heads(peer, body), "POST"),
            route("/v1/notices/enrolment", keyed(desk.notify), "POST"),
            route("/v1/notices/enrolment/{key}", asked),
            route("/v1/anchors", keyed(desk.anchor), "POST"),
            route("/v1/anchors/kept", lambda _, peer, body: desk.kept_anchors(peer, body), "POST"),
            route("/v1/anchors/{key}", asked),
        ]
    )


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _endpoint(guard: Guard, answer: Answer, now: Callable[[], float]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _unsigned(413, "too_large", f"a body has at most {LARGEST_BODY} bytes")
        return await run_in_threadpool(_respond, guard, answer, request, body, now)

    return endpoint


def _respond(guard: Guard, answer: Answer, request: Request, body: bytes, now: Callable[[], float]) -> Response:
    try:
        peer, parts = guard.admit(request, body, int(now()))
    except BadSignature as error:
        _log.warning("door.refused", code=error.code, reason=str(error))
        return _unsigned(401, error.code, str(error))
    except DBAPIError as error:
        _log.warning("door.unavailable", reason=type(error).__name__)
        return _unsigned(503, "unavailable", "our database does not answer; nothing was applied")
    status, content = _answered(answer, request, peer, body)
    return _signed(guard, peer, parts, status, content, int(now()))


def _answered(answer: Answer, request: Request, peer: str, body: bytes) -> tuple[int, dict[str, Any]]:
    try:
        return 200, answer(request, peer, body)
    except Problem as problem:
        _log.info("door.problem", peer=peer, status=problem.status, code=problem.content["code"])
        return problem.status, problem.content
    except NoSeason as error:
        return 503, {"code": "not_open", "text": str(error)}
    except DBAPIError as error:  # the commit may have been done: only asking by key can tell
        _log.warning("door.unclear", peer=peer, reason=type(error).__name__)
        return 500, {"code": "unclear", "text": "our database did not answer; ask by key before repeating"}
    except Exception:
        _log.exception("door.failed", peer=peer)
        return 500, {"code": "failed", "text": "our own fault; our log has the trace"}


def _signed(guard: Guard, peer: str, parts: Parts, status: int, content: dict[str, Any], now: int) -> Response:
    body = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    headers = guard.seal(peer, parts, status, body, now)
    if status == 503:
        headers["Retry-After"] = str(_RETRY_SECONDS)
    return Response(body, status, headers, media_type="application/json")


def _unsigned(status: int, code: str, text: str) -> Response:
    return Response(orjson.dumps({"code": code, "text": text}), status, media_type="application/json")


async def _body(request: Request) -> bytes | None:
    """The whole body, None where it is larger than it may be."""
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > LARGEST_BODY:
            return None
    return bytes(received)


def _key(given: str) -> str:
    if contract().fault("Key", given) is not None:
        raise Problem(400, "bad_key", "the Idempotency-Key is missing, or is none")
    return given
