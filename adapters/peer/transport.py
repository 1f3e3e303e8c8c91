"""HTTP in which every request is signed anew and no reply is believed that is not signed for just that request."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from adapters.http import Carrier
from adapters.peer.keyring import Key, Keyring
from adapters.peer.signatures import BadSignature, Parts, check_reply, content_digest, sign_request
from adapters.transport import Reply, UntrustedReply
from adapters.verdicts import problem_code


class SignedTransport:
    """A transport to one peer. ``now``: seconds since 1970; ``nonce``: a fresh one each time."""

    def __init__(
        self,
        transport: Carrier,
        keyring: Keyring,
        peer: str,
        window: int,
        now: Callable[[], float] = time.time,
        nonce: Callable[[], str] = lambda: secrets.token_urlsafe(24),
    ) -> None:
        self._transport, self._keyring, self._peer = transport, keyring, peer
        self._window, self._now, self._nonce = window, now, nonce

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
        """As ``Transport.exchange``; raises ``UntrustedReply`` for a reply that the peer did not sign for this."""
        assert not params, "this wire has no parameters in its addresses"
        fields = {name: value for name, value in (headers or {}).items() if name != "Content-SHA256"}
        fields["Content-Digest"] = content_digest(body or b"")  # the same hash, in the form that is signed
        address = urlsplit(url)
        parts = Parts({name.lower(): value for name, value in fields.items()}, method, address.netloc, address.path)
        signed = sign_request(parts, self._keyring.signer(self._peer), int(self._now()), self._nonce())
        reply = self._transport.exchange(method, url, timeout=timeout, headers=fields | signed, body=body)
        request = Parts({**parts.fields, "signature": signed["Signature"]}, parts.method, parts.authority, parts.path)
        self._check(reply, request)
        return reply

    def close(self) -> None:
        """Give back the connections."""
        self._transport.close()

    def _check(self, reply: Reply, request: Parts) -> None:
        said = Parts(reply.headers, status=reply.status)
        try:
            proven = check_reply(said, request, reply.body, self._holder, int(self._now()), self._window)
        except BadSignature as error:
            code = problem_code(reply)  # unproven, and yet a hint for whoever looks into it
            raise UntrustedReply(f"HTTP {reply.status}{f' ({code})' if code else ''}, not proven: {error}") from error
        if proven.area != self._peer:
            raise UntrustedReply(f"HTTP {reply.status}: it is signed by {proven.area}")
        if reply.status == 401:  # clocks or keys will be put right: no final no to what was asked
            raise UntrustedReply(f"it does not believe our signature ({problem_code(reply)})")

    def _holder(self, key_id: str) -> tuple[str, Key] | None:
        return self._keyring.holder(key_id, datetime.fromtimestamp(self._now(), UTC).date())
