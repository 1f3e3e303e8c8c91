"""What holds for every request and every response of the console, whatever page it is for."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 64 * 1024
LARGEST_FILE = 32 * 1024 * 1024
UPLOADS = ("/quarantine/upload", "/refunds/sheet")
"""Pages that take a file."""
STATIC = "/static/"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
    " img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": forms would then say that they come from nowhere.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def largest(path: str) -> int:
    """How many bytes may be sent to a page."""
    return LARGEST_FILE if path in UPLOADS else LARGEST_BODY


class Guard:
    """Wraps the application: only requests for our own address, from our own pages, of bounded size; safe headers."""

    def __init__(self, inner: ASGIApp, address: str) -> None:
        self.inner = inner
        parts = urlsplit(address)
        self.secure = parts.scheme == "https"
        """Whether browsers reach the console by TLS."""
        port = f":{parts.port}" if parts.port else ""
        names = _LOOPBACK if parts.hostname in ("127.0.0.1", "localhost", "::1") else (parts.netloc.rsplit(":")[0],)
        self._hosts = {parts.netloc, *(f"{name}{port}" for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is refused here; hand the rest on."""
        if scope["type"] != "http":
            return
        send = self._with_headers(scope["path"], send)
        headers = Headers(scope=scope)
        if scope["path"] != "/health" and (refusal := self._refusal(scope["method"], scope["path"], headers)):
            await PlainTextResponse(refusal[1] + "\n", refusal[0])(scope, receive, send)
            return
        await self.inner(scope, receive, send)

    def _refusal(self, method: str, path: str, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if len(headers.getlist("host")) != 1 or host.lower() not in self._hosts:
            return 421, "this is not the address of this console"
        if method not in ("GET", "HEAD", "POST"):
            return 405, "the console knows GET and POST"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > largest(path):
            return 413, f"a form has at most {largest(path)} bytes"
        if method == "POST":
            origin = headers.get("origin")
            if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
                return 403, "this form comes from another site"
            if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                return 403, "this form comes from another site"
        return None

    def _with_headers(self, path: str, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                kept = path.startswith(STATIC) and message["status"] == 200
                headers["Cache-Control"] = "max-age=300" if kept else "no-store"
                if self.secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        return sending
