"""Counting where things happen: calls to neighbours at their gate, requests on their way into a web application."""

from __future__ import annotations

import threading
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.gate import Gate, Passage
from adapters.ports import NeighbourError, ShutOff
from worker.metrics.declared import ANSWERED, CALLED, CALLS, REQUESTS


class Counted:
    """A gate that counts what passes the one behind it."""

    def __init__(self, gate: Gate, neighbour: str) -> None:
        self._gate, self._neighbour = gate, neighbour
        self._begun = threading.local()

    def admit(self) -> Passage:
        """As the gate behind says. Raises ``ShutOff``."""
        try:
            passage = self._gate.admit()
        except ShutOff as shut:
            CALLS.labels(self._neighbour, shut.cause).inc()
            raise
        self._begun.at = time.monotonic()
        return passage

    def told(self, passage: Passage, failure: NeighbourError | None) -> None:
        """How the call went."""
        CALLED.labels(self._neighbour).observe(time.monotonic() - self._begun.at)
        CALLS.labels(self._neighbour, "answered" if failure is None else failure.cause).inc()
        self._gate.told(passage, failure)


class Watched:
    """An ASGI application whose requests are counted under a name."""

    def __init__(self, inner: ASGIApp, name: str) -> None:
        self._inner, self._name = inner, name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; one that ends without an answer counts as 500; health checks do not."""
        if scope["type"] != "http" or scope["path"] == "/health":
            await self._inner(scope, receive, send)
            return
        begun, status = time.monotonic(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._inner(scope, receive, watched)
        finally:
            REQUESTS.labels(self._name, str(status)).inc()
            ANSWERED.labels(self._name).observe(time.monotonic() - begun)
