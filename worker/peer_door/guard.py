"""Who stands at the door: a request is let in once, and only when a peer's signature covers all that matters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sqlalchemy import Engine, text
from starlette.requests import Request

from adapters.peer.keyring import Key, Keyring
from adapters.peer.signatures import BadSignature, Parts, check_request, content_digest, sign_reply

_SEEN = text("INSERT INTO peer_nonce (peer, nonce) VALUES (:peer, :nonce) ON CONFLICT DO NOTHING RETURNING peer")
_FORGET = text("DELETE FROM peer_nonce WHERE seen_at < now() - make_interval(secs => :seconds)")
_ONCE = ("signature", "signature-input", "content-digest", "content-type", "idempotency-key")


@dataclass(frozen=True)
class Guard:
    """Checks requests that were sent to the address ``url``, and signs the replies to them."""

    keyring: Keyring
    engine: Engine
    url: str
    window: int

    def admit(self, request: Request, body: bytes, now: int) -> tuple[str, Parts]:
        """The area that sent it, and what of it is signed. Raises ``BadSignature``.

        The authority is the one that peers know us by, never the one that the request names: what was signed for
        another installation is not for us.
        """
        fields: dict[str, str] = {}
        for name, value in request.headers.items():
            if name in fields and name in _ONCE:
                raise BadSignature("bad_signature", f"it has two fields {name}")
            fields[name] = value.strip()
        path, query = request.scope["raw_path"].decode("latin-1"), request.url.query
        parts = Parts(fields, request.method, urlsplit(self.url).netloc.lower(), path, query)
        proven = check_request(parts, body, lambda name: self._holder(name, now), now, self.window)
        with self.engine.begin() as connection:
            seen = connection.execute(_SEEN, {"peer": proven.area, "nonce": proven.nonce}).one_or_none()
            connection.execute(_FORGET, {"seconds": 2 * self.window + 60})
        if seen is None:
            raise BadSignature("replayed", "it came before: its nonce was seen already")
        return proven.area, parts

    def seal(self, peer: str, request: Parts, status: int, body: bytes, now: int) -> dict[str, str]:
        """The fields that prove a reply to this request of a peer's to be ours."""
        fields = {"content-digest": content_digest(body), "content-type": "application/json"}
        signed = sign_reply(Parts(fields, status=status), request, self.keyring.signer(peer), now)
        return {"Content-Digest": fields["content-digest"]} | signed

    def _holder(self, key_id: str, now: int) -> tuple[str, Key] | None:
        return self.keyring.holder(key_id, datetime.fromtimestamp(now, UTC).date())
