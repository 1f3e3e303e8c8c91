"""How an ordered fault spoils a reply on its way out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from adapters.simulators.faults import Fault

_PIECE = 65_536


class _Spoilt(Response):
    """A reply whose body goes out in ``pieces``, whatever the headers promised; then the line is cut.

    It ends when the client hangs up: the server would take pieces for nobody for ever.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        gone = asyncio.ensure_future(_hung_up(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for piece in self.pieces(bytes(self.body)):
                if gone.done():
                    break
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        finally:
            gone.cancel()

    async def pieces(self, body: bytes) -> AsyncIterator[bytes]:
        """What goes out."""
        yield body


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class CutBody(_Spoilt):
    """Promises the whole body, sends half of it and hangs up."""

    async def pieces(self, body: bytes) -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]


class DripBody(_Spoilt):
    """Sends a byte at a time, two a second, until the client has had enough."""

    async def pieces(self, body: bytes) -> AsyncIterator[bytes]:
        for place in range(len(body)):
            yield body[place : place + 1]
            await asyncio.sleep(0.5)


class EndlessBody(_Spoilt):
    """Never stops sending."""

    async def pieces(self, body: bytes) -> AsyncIterator[bytes]:
        while True:
            yield body.ljust(_PIECE, b"x")
            await asyncio.sleep(0)


def damaged(fault: Fault, response: Response) -> Response:
    """The reply as the fault lets it through."""
    kind = {"cut_body": CutBody, "drip": DripBody, "endless_body": EndlessBody}.get(fault.kind)
    if kind is None:
        return Response(b'{"batch": "', 200, media_type="application/json")
    spoilt = kind(response.body, response.status_code, media_type=response.media_type or "application/json")
    if fault.kind == "endless_body":
        del spoilt.headers["content-length"]
    return spoilt


def falsified(fault: Fault, body: bytes) -> bytes:
    """A JSON reply that says something else than what happened."""
    content = orjson.loads(body)
    _FALSIFIERS[fault.kind](content)
    return orjson.dumps(content).replace(b'"@NaN@"', b"NaN")


def _rows(content: dict[str, Any]) -> list[dict[str, Any]]:
    for member in ("acknowledgements", "results", "items", "states"):
        if member in content:
            rows: list[dict[str, Any]] = content[member]
            return rows
    return []


def _leave_out(content: dict[str, Any]) -> None:
    del _rows(content)[-1:]


def _replace(content: dict[str, Any]) -> None:
    for row in _rows(content)[:1]:
        row["reference"] = "never-sent-by-anyone"


def _repeat(content: dict[str, Any]) -> None:
    rows = _rows(content)
    rows[:0] = rows[:1]


def _spoil_amount(content: dict[str, Any]) -> None:
    for row in _rows(content)[:1]:
        row["amount"] = "@NaN@"


_FALSIFIERS: dict[str, Callable[[dict[str, Any]], None]] = {
    "missing_acknowledgement": _leave_out,
    "foreign_acknowledgement": _replace,
    "duplicate_line": _repeat,
    "malformed_line": _spoil_amount,
}
