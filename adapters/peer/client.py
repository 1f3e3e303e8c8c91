"""Another area's installation over HTTP (``openapi.yaml`` beside this file)."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from adapters import replies
from adapters.contract import Contract
from adapters.gate import Gate
from adapters.http import Carrier, Exchange, ForeignPayload, InvalidReply, Limits, plain_headers
from adapters.peer.history import Head, History, history_of
from adapters.peer.keyring import Keyring
from adapters.peer.port import Ahead, Notice, Taken
from adapters.peer.transport import SignedTransport
from adapters.transport import Transport

DOCUMENT = Path(__file__).with_name("openapi.yaml")
_OFFERS = "/v1/offers"
_NOTICES = "/v1/notices/enrolment"
_ANCHORS = "/v1/anchors"


class PeerClient:
    """A :class:`adapters.peer.port.PeerPort` over HTTP. After a fork each process has its own connections."""

    def __init__(
        self,
        peer: str,
        base_url: str,
        keyring: Keyring,
        window: int,
        limits: Limits | None = None,
        rng: random.Random | None = None,
        carrier: Carrier | None = None,
        gate: Gate | None = None,
    ) -> None:
        limits = limits or Limits()
        carrier = carrier or Transport(plain_headers(limits), limits.reply_bytes, limits.authority)
        signed = SignedTransport(carrier, keyring, peer, window)
        self._exchange = Exchange(f"The peer {peer}", base_url, signed, limits, rng or random.SystemRandom(), gate)

    def encode_offer(self, history: History) -> bytes:
        return replies.encode(history.wire())

    def offer(self, key: str, body: bytes) -> Taken | Ahead:
        return self._exchange.write(_OFFERS, key, body, partial(_offered, key, body), also=(409, "out_of_step"))

    def ask_offer(self, key: str, body: bytes) -> Taken | None:
        return self._exchange.ask(_OFFERS, key, partial(_taken, key, body))

    def case(self, case: str) -> History | None:
        return self._exchange.read_or_none(f"/v1/cases/{quote(case, safe='')}", "unknown_case", _history)

    def heads(self, cases: Sequence[str]) -> Mapping[str, Head]:
        body = replies.encode({"cases": list(cases)})
        return self._exchange.read("/v1/heads", partial(_heads, cases), body=body)

    def encode_notices(self, notices: Sequence[Notice]) -> bytes:
        return replies.encode({"notices": [notice._asdict() for notice in notices]})

    def notify(self, key: str, body: bytes) -> int:
        return self._exchange.write(_NOTICES, key, body, partial(_noticed, key, body))

    def ask_notices(self, key: str, body: bytes) -> int | None:
        return self._exchange.ask(_NOTICES, key, partial(_noticed, key, body))

    def encode_anchors(self, heads: Sequence[Mapping[str, Any]]) -> bytes:
        return replies.encode({"heads": [dict(head) for head in heads]})

    def anchor(self, key: str, body: bytes) -> int:
        return self._exchange.write(_ANCHORS, key, body, partial(_noticed, key, body))

    def ask_anchors(self, key: str, body: bytes) -> int | None:
        return self._exchange.ask(_ANCHORS, key, partial(_noticed, key, body))

    def kept_anchors(self, chain: str, after: int) -> Sequence[Mapping[str, Any]]:
        body = replies.encode({"chain": chain, "after": after})
        return self._exchange.read("/v1/anchors/kept", partial(_kept, chain, after), body=body)

    def close(self) -> None:
        self._exchange.close()


@cache
def contract() -> Contract:
    """The wire as it is written down."""
    return Contract(DOCUMENT, whole=True)


def content_of(reply: bytes, schema: str) -> dict[str, Any]:
    content = replies.decode(reply)
    if contract().fault(schema, content) is not None:  # its text may repeat what the reply holds
        raise InvalidReply(f"it is no {schema} of this wire")
    return content


def _offered(key: str, body: bytes, reply: bytes) -> Taken | Ahead:
    if replies.decode(reply).get("code") != "out_of_step":
        return _taken(key, body, reply)
    return Ahead(history_of(content_of(reply, "OutOfStep")["history"]))


def _taken(key: str, body: bytes, reply: bytes) -> Taken:
    content = _ours(key, body, content_of(reply, "Taken"))
    return Taken(content["case"], Head(**content["head"]))


def _noticed(key: str, body: bytes, reply: bytes) -> int:
    taken: int = _ours(key, body, content_of(reply, "Noticed"))["taken"]
    return taken


def _ours(key: str, body: bytes, content: dict[str, Any]) -> dict[str, Any]:
    if content["key"] != key:
        raise InvalidReply("it answers another message")
    if content["sha256"] != hashlib.sha256(body).hexdigest():
        raise ForeignPayload("its hash is not that of our bytes")
    return content


def _history(reply: bytes) -> History:
    return history_of(content_of(reply, "History"))


def _heads(cases: Sequence[str], reply: bytes) -> dict[str, Head]:
    heads = {row["case"]: Head(row["number"], row["hash"]) for row in content_of(reply, "Heads")["heads"]}
    if heads.keys() != set(cases):
        raise InvalidReply("its cases are not those that were asked for")
    return heads


def _kept(chain: str, after: int, reply: bytes) -> list[dict[str, Any]]:
    heads: list[dict[str, Any]] = content_of(reply, "Anchors")["heads"]
    if any(head["chain"] != chain or head["events"] <= after for head in heads):
        raise InvalidReply("its heads are not those that were asked for")
    return heads
