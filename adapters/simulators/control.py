"""The levers under ``/simulator/`` that both simulators have: faults, the business day, the book."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.simulators.faults import UnknownFault
from adapters.simulators.wire import Problem, Wire, Work, json_response

Advance = Callable[[date], dict[str, Any]]
BookView = Callable[[bool], dict[str, Any]]


def control_routes(wire: Wire, advance: Advance, view: BookView) -> list[Route]:
    """``/health``, the contract itself, and the levers."""

    def order_faults(_request: Request, body: bytes) -> bytes:
        wanted = json_of(body).get("faults", [])
        try:
            for fault in wanted:
                wire.faults.order(fault)
        except UnknownFault as error:
            raise Problem(422, "unknown_fault", str(error)) from error
        return orjson.dumps({"ordered": len(wanted)})

    def clear_faults(_request: Request, _body: bytes) -> bytes:
        wire.faults.clear()
        return orjson.dumps({"struck": wire.faults.struck})

    def move(_request: Request, body: bytes) -> bytes:
        return orjson.dumps(advance(day_of(str(json_of(body).get("to", "")))))

    def book(request: Request, _body: bytes) -> bytes:
        return orjson.dumps(view(request.query_params.get("detail") == "1") | {"struck": wire.faults.struck})

    async def health(_request: Request) -> Response:
        return json_response({"status": "ok", "today": wire.book.today.isoformat()})

    async def contract(_request: Request) -> Response:
        return json_response(wire.contract.document)

    return [
        Route("/health", health),
        Route("/openapi.json", contract),
        lever(wire, "/simulator/faults", order_faults),
        lever(wire, "/simulator/faults", clear_faults, "DELETE"),
        lever(wire, "/simulator/advance", move),
        lever(wire, "/simulator/book", book, "GET"),
    ]


def lever(wire: Wire, path: str, work: Work, method: str = "POST") -> Route:
    """A control endpoint: authenticated like the others, and free of ordered faults."""
    return Route(path, wire.plain(work), methods=[method])


def json_of(body: bytes) -> dict[str, Any]:
    """The body of a lever."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, "not_json", f"The body is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise Problem(422, "not_an_object", "The body is not a JSON object.")
    return content


def day_of(text: str) -> date:
    """A day in a path or body."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Problem(422, "not_a_day", f"{text!r} is not a day such as 2020-09-01.") from None
