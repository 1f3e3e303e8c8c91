"""The HTTP side that both simulators share: keys, hashes, sizes, validation, stored replies, and ordered faults."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from adapters.contract import Contract
from adapters.simulators.book import Book
from adapters.simulators.damage import damaged, falsified
from adapters.simulators.faults import AFTER_EFFECT, BEFORE_EFFECT, DAMAGED_REPLY, FALSE_REPLY, Fault, FaultPlan

LARGEST_BODY = 16 * 1024 * 1024
_STATUS = {
    "error_before_effect": 500,
    "error_after_effect": 500,
    "too_many_requests": 429,
    "unavailable": 503,
    "bad_gateway": 502,
    "gateway_timeout": 504,
}

Work = Callable[[Request, bytes], bytes]
Endpoint = Callable[[Request], Awaitable[Response]]
Effect = Callable[[dict[str, Any]], dict[str, Any]]


class Problem(Exception):
    """A request that is answered with an error status."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text

    def response(self) -> Response:
        """The problem as the wire writes it."""
        return json_response({"code": self.code, "text": self.text}, self.status)


class Wire:
    """Makes endpoints out of plain work."""

    def __init__(self, contract: Contract, book: Book, faults: FaultPlan, key: str) -> None:
        self.contract, self.book, self.faults = contract, book, faults
        self._bearer = f"Bearer {key}".encode()

    def plain(self, work: Work) -> Endpoint:
        """An endpoint that authenticates and turns problems into replies; no fault can be ordered for it."""

        async def answer(request: Request) -> Response:
            try:
                body = await body_of(request)
                self._authenticate(request)
                return Response(work(request, body), media_type="application/json")
            except Problem as problem:
                return problem.response()

        return answer

    def endpoint(self, operation: str, work: Work, media_type: str = "application/json") -> Endpoint:
        """An endpoint of the wire: like a plain one, and it suffers the ordered faults."""

        async def answer(request: Request) -> Response:
            try:
                body = await body_of(request)
                self._authenticate(request)
                if fault := self.faults.take(operation, BEFORE_EFFECT):
                    return await _struck(fault)
                body = work(request, body)
                if fault := self.faults.take(operation, AFTER_EFFECT):
                    return await _struck(fault)
            except Problem as problem:
                return problem.response()
            if media_type == "application/json" and (fault := self.faults.take(operation, FALSE_REPLY)):
                body = falsified(fault, body)
            response = Response(body, media_type=media_type)
            fault = self.faults.take(operation, DAMAGED_REPLY)
            return damaged(fault, response) if fault else response

        return answer

    def keyed(self, operation: str, schema: str, reply_schema: str, effect: Effect) -> Endpoint:
        """A write: its effect happens once for each key, in one transaction with the stored reply."""

        def work(request: Request, body: bytes) -> bytes:
            key, sha256 = request.headers.get("idempotency-key", ""), hashlib.sha256(body).hexdigest()
            if fault := self.contract.fault("Key", key):
                raise Problem(400, "bad_key", fault)
            if request.headers.get("content-sha256") != sha256:
                raise Problem(400, "bad_hash", f"The body's SHA-256 is {sha256}, the header says otherwise.")
            if (stored := self.book.stored(operation, key)) is not None:
                return self._repeated(operation, key, sha256, *stored)
            content = self.decoded(body, schema)
            if content["batch"] != key:
                raise Problem(422, "other_batch", f"The body is batch {content['batch']}, the key is {key}.")
            return self.once(operation, reply_schema, effect, key, sha256, content)

        return self.endpoint(operation, work)

    def once(
        self, operation: str, reply_schema: str, effect: Effect, key: str, sha256: str, content: dict[str, Any]
    ) -> bytes:
        """The effect of a batch that was never seen, in one transaction with the reply that is kept."""
        with self.book.transaction():
            reply = self.encoded({"batch": key, "sha256": sha256} | effect(content), reply_schema)
            self.book.keep(operation, key, sha256, reply)
        return reply

    def ask(self, operation: str, write_operation: str) -> Endpoint:
        """The stored reply of a write, by key."""

        def work(request: Request, _body: bytes) -> bytes:
            key = request.path_params["key"]
            stored = self.book.stored(write_operation, key)
            if stored is None:
                raise Problem(404, "unknown_key", f"No batch {key} was ever seen here.")
            return stored[1]

        return self.endpoint(operation, work)

    def decoded(self, body: bytes, schema: str) -> dict[str, Any]:
        """The request body, held against its schema."""
        try:
            content = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Problem(400, "not_json", f"The body is not JSON: {error}") from error
        if fault := self.contract.fault(schema, content) or _float_fault(content):
            raise Problem(422, "not_by_contract", fault)
        return dict(content)

    def encoded(self, content: dict[str, Any], schema: str) -> bytes:
        """The reply body; a reply that breaks the contract is our own fault and ends in a 500."""
        if fault := self.contract.fault(schema, content):
            raise AssertionError(f"The simulator was about to break its contract: {fault}")
        return orjson.dumps(content)

    def _authenticate(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, self._bearer):
            raise Problem(401, "unauthorized", "The key is missing or not ours.")

    def _repeated(self, operation: str, key: str, sha256: str, held: str, reply: bytes) -> bytes:
        if held != sha256:
            raise Problem(409, "key_conflict", f"The key {key} is held with another payload, of hash {held}.")
        self.book.note_repeat(operation, key)
        return reply


def _float_fault(content: dict[str, Any]) -> str | None:
    """JSON Schema takes 280.0 for an integer; for money and years it is none."""
    floats = [row["reference"] for row in content.get("rows", ()) if type(row.get("amount")) is float]
    if floats or type(content.get("insured_year")) is float:
        return f"an integer is written as a decimal fraction: {floats[0] if floats else 'insured_year'}"
    return None


def json_response(content: object, status: int = 200) -> Response:
    """A JSON reply."""
    return Response(orjson.dumps(content), status, media_type="application/json")


def cursor_and_limit(request: Request) -> tuple[int, int]:
    """Where a page begins and how long it may be."""
    cursor, limit = request.query_params.get("cursor", "0"), request.query_params.get("limit", "1000")
    sound = cursor.isascii() and cursor.isdecimal() and len(cursor) <= 18 and limit.isascii() and limit.isdecimal()
    if not sound or not 1 <= int(limit[:9]) <= 5000:
        raise Problem(422, "bad_page", f"cursor {cursor!r} and limit {limit!r}: a next_cursor and 1 to 5000, please.")
    return int(cursor), int(limit[:9])


async def body_of(request: Request) -> bytes:
    """The decoded body, bounded also when a small gzip grows large."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > LARGEST_BODY:
            raise Problem(413, "too_large", f"A body has at most {LARGEST_BODY} bytes.")
    encoding = request.headers.get("content-encoding", "identity")
    if encoding == "identity":
        return bytes(received)
    if encoding != "gzip":
        raise Problem(400, "bad_encoding", f"The encoding {encoding} is not known, gzip is.")
    unzip = zlib.decompressobj(wbits=31)
    try:
        body = unzip.decompress(bytes(received), LARGEST_BODY)
    except zlib.error as error:
        raise Problem(400, "bad_encoding", f"The body is not gzip: {error}") from error
    if unzip.unconsumed_tail:
        raise Problem(413, "too_large", f"A body has at most {LARGEST_BODY} bytes once unpacked.")
    if not unzip.eof:
        raise Problem(400, "bad_encoding", "The gzip ends too early.")
    return body


async def _struck(fault: Fault) -> Response:
    if fault.kind.startswith("timeout"):
        await asyncio.sleep(fault.seconds)
        return json_response({"code": "ordered", "text": fault.kind}, 500)
    response = json_response({"code": "ordered", "text": fault.kind}, _STATUS[fault.kind])
    if fault.retry_after is not None:
        response.headers["Retry-After"] = fault.retry_after
    return response
