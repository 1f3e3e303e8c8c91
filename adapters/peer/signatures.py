"""HTTP Message Signatures (RFC 9421) as this wire uses them: which parts are covered, and what is refused.

A request covers method, authority, path and query, the digest of its body (RFC 9530), its type and its key; its
signature has a time and a nonce. A reply covers its status and body, and by ``req`` the request with its signature, so
that it answers that request and no other.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from http_sf import StructuredFieldError, parse, ser

from adapters.peer.keyring import Key

LABEL = "levy"
TAG = "levybridge"
COVERED = ("@method", "@authority", "@path", "@query", "content-digest")
COVERED_IF_PRESENT = ("content-type", "idempotency-key")
REPLY_COVERED = ("@status", "content-digest", "content-type")
_BOUND: tuple[tuple[str, dict[str, Any]], ...] = (
    ("@method", {"req": True}),
    ("@authority", {"req": True}),
    ("@path", {"req": True}),
    ("signature", {"req": True, "key": LABEL}),
)
Component = tuple[str, Mapping[str, Any]]
Holder = Callable[[str], tuple[str, Key] | None]
"""From a key id to the area it belongs to and the key; None for a key that opens nothing."""


class BadSignature(Exception):
    """A message that is not proven to be what it says; ``code`` names in what."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Parts:
    """What of a request or a reply can be covered. ``fields`` has lower-case names and values without outer blanks."""

    fields: Mapping[str, str]
    method: str = ""
    authority: str = ""
    path: str = ""
    query: str = ""
    status: int = 0


@dataclass(frozen=True, slots=True)
class Proven:
    """Whose a message is, and by what it can be told from a repetition."""

    area: str
    key_id: str
    nonce: str


def content_digest(body: bytes) -> str:
    """The field ``Content-Digest`` of a body."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign_request(parts: Parts, key: Key, created: int, nonce: str) -> dict[str, str]:
    """The fields ``Signature-Input`` and ``Signature`` of a request whose other fields are complete."""
    names = [*COVERED, *(name for name in COVERED_IF_PRESENT if name in parts.fields)]
    return _sign([(name, {}) for name in names], {"created": created, "nonce": nonce}, key, parts, None)


def sign_reply(parts: Parts, request: Parts, key: Key, created: int) -> dict[str, str]:
    """The same of a reply, bound to the request that it answers."""
    return _sign([*((name, {}) for name in REPLY_COVERED), *_BOUND], {"created": created}, key, parts, request)


def check_request(parts: Parts, body: bytes, holder: Holder, now: int, window: int) -> Proven:
    """Whose request this is. ``window``: seconds that its time may lie off ours. Raises ``BadSignature``."""
    required: list[Component] = [(name, {}) for name in COVERED]
    required += [(name, {}) for name in COVERED_IF_PRESENT if name in parts.fields]
    return _check(parts, None, body, required, holder, now, window)


def check_reply(parts: Parts, request: Parts, body: bytes, holder: Holder, now: int, window: int) -> Proven:
    """Whose reply to this request it is. Raises ``BadSignature``."""
    required = [*((name, {}) for name in REPLY_COVERED), *_BOUND]
    return _check(parts, request, body, required, holder, now, window)


def signature_base(
    components: Sequence[Component], parameters: Mapping[str, Any], parts: Parts, request: Parts | None
) -> bytes:
    """The bytes that are signed (RFC 9421, section 2.5). Raises ``BadSignature`` for a part that is not there."""
    lines = [f"{ser((name, dict(given)))}: {_value(name, given, parts, request)}" for name, given in components]
    return "\n".join([*lines, f'"@signature-params": {_listed(components, parameters)}']).encode("latin-1")


def _sign(
    components: Sequence[Component], parameters: dict[str, Any], key: Key, parts: Parts, request: Parts | None
) -> dict[str, str]:
    parameters = parameters | {"keyid": key.id, "alg": key.algorithm, "tag": TAG}
    signature = key.sign(signature_base(components, parameters, parts, request))
    return {
        "Signature-Input": f"{LABEL}={_listed(components, parameters)}",
        "Signature": f"{LABEL}=:{base64.b64encode(signature).decode()}:",
    }


def _check(
    parts: Parts,
    request: Parts | None,
    body: bytes,
    required: Sequence[Component],
    holder: Holder,
    now: int,
    window: int,
) -> Proven:
    if not hmac.compare_digest(parts.fields.get("content-digest", "").encode(), content_digest(body).encode()):
        raise BadSignature("bad_digest", "its Content-Digest (sha-256) is not that of its body")
    components, parameters, signature = _read(parts)
    key_id, nonce = parameters.get("keyid"), parameters.get("nonce", "")
    if parameters.get("tag") != TAG or not isinstance(key_id, str) or not isinstance(nonce, str):
        raise BadSignature("bad_signature", "its signature has no keyid, or is not made for this wire")
    if missing := [name for name, given in required if (name, given) not in components]:
        raise BadSignature("not_covered", f"its signature does not cover {', '.join(missing)}")
    found = holder(key_id)
    if found is None or parameters.get("alg", found[1].algorithm) != found[1].algorithm:
        raise BadSignature("unknown_key", "its signature names a key that is not in use between us")
    if not found[1].fits(signature_base(components, parameters, parts, request), signature):
        raise BadSignature("bad_signature", "its signature does not fit")
    created = parameters.get("created")
    if type(created) is not int or abs(now - created) > window:
        raise BadSignature("stale", f"its signature was not made within {window} s of now: look at both clocks")
    if request is None and not 16 <= len(nonce) <= 64:
        raise BadSignature("bad_signature", "its nonce has not 16 to 64 characters")
    return Proven(found[0], key_id, nonce)


def _read(parts: Parts) -> tuple[list[Component], dict[str, Any], bytes]:
    """The covered components, parameters and bytes of the one signature that the message must have."""
    try:
        inputs: Any = parse(parts.fields.get("signature-input", "").encode("latin-1"), tltype="dictionary")
        values: Any = parse(parts.fields.get("signature", "").encode("latin-1"), tltype="dictionary")
    except (StructuredFieldError, ValueError) as error:
        raise BadSignature("bad_signature", "its signature fields cannot be read") from error
    fields = isinstance(inputs, dict) and isinstance(values, dict)
    if not fields or list(inputs) != [LABEL] or list(values) != [LABEL]:
        raise BadSignature("bad_signature", f"it has not just one signature, labelled {LABEL}")
    listed, value = inputs[LABEL], values[LABEL]
    if not isinstance(listed, tuple) or not isinstance(listed[0], list) or not isinstance(value[0], bytes):
        raise BadSignature("bad_signature", "its signature fields cannot be read")
    components = [(name, given) for name, given in listed[0]]
    if any(not isinstance(name, str) for name, _ in components) or len({repr(one) for one in components}) != len(
        components
    ):
        raise BadSignature("bad_signature", "its signature covers a part twice, or one that has no name")
    return components, listed[1], value[0]


def _listed(components: Sequence[Component], parameters: Mapping[str, Any]) -> str:
    listed: Any = ([(name, dict(given)) for name, given in components], dict(parameters))
    return ser({LABEL: listed}).partition("=")[2]


def _value(name: str, given: Mapping[str, Any], parts: Parts, request: Parts | None) -> str:
    if given.get("req"):
        if request is None:
            raise BadSignature("bad_signature", "a request cannot cover another request")
        parts, given = request, {key: value for key, value in given.items() if key != "req"}
    if given == {"key": LABEL} and name == "signature":
        return parts.fields.get("signature", "").partition("=")[2]
    derived = {
        "@method": parts.method,
        "@authority": parts.authority,
        "@path": parts.path,
        "@query": f"?{parts.query}",
        "@status": str(parts.status),
    }
    value = derived.get(name) if name.startswith("@") else parts.fields.get(name)
    if given or not value:
        raise BadSignature("bad_signature", "its signature covers a part that this wire does not have")
    return value
