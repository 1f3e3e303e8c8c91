"""A way from one house to the other's door without a network, and the mishaps that a network has."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
from starlette.types import ASGIApp

from adapters.transport import Reply

Mishap = Literal["down", "lost", "slow", "twice"]
"""Not reached; lost on the way; done with the reply lost; delivered twice."""


@dataclass
class Loop:
    """Carries requests to ``door``; ``mishaps`` befall the next writes, one each; ``down`` all of them."""

    door: ASGIApp
    mishaps: deque[Mishap] = field(default_factory=deque)
    down: bool = False
    carried: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    """Every request that arrived: method, path, headers, body."""

    def exchange(
        self,
        method: str,
        url: str,
        *,
        timeout: tuple[float, float],
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        writes = method == "POST" and "Idempotency-Key" in (headers or {})
        mishap = self.mishaps.popleft() if writes and self.mishaps else None
        if self.down or mishap == "down":
            raise requests.ConnectTimeout("nobody listens")
        if mishap == "lost":
            raise requests.ReadTimeout("no reply")
        reply = self.deliver(method, url, headers or {}, body or b"")
        if mishap == "twice":
            self.deliver(method, url, headers or {}, body or b"")
        if mishap == "slow":
            raise requests.ReadTimeout("no reply in time")
        return reply

    def deliver(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
        """Hand the request to the door as it is."""
        self.carried.append((method, url, headers, body))
        with ThreadPoolExecutor(1) as beside:  # the driver of a real browser has a loop of its own in a test's thread
            return beside.submit(asyncio.run, _call(self.door, method, url, headers, body)).result()

    def close(self) -> None:
        """Nothing to give back."""


async def _call(door: ASGIApp, method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
    address, said = urlsplit(url), []
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": address.scheme,
        "path": address.path, "raw_path": address.path.encode(), "query_string": address.query.encode(),
        "root_path": "",
        "headers": [(b"host", address.netloc.encode())]
        + [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    await door(scope, receive, send)
    names = {name.decode(): value.decode("latin-1") for name, value in said[0]["headers"]}
    return Reply(said[0]["status"], names, b"".join(part.get("body", b"") for part in said[1:]))
