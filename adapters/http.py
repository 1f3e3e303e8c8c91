"""The exchange that every HTTP client of a neighbour is made of: keyed writes, reads, short retries, clear failures."""

from __future__ import annotations

import gzip
import hashlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import quote

import requests
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt
from urllib3.exceptions import HTTPError

from adapters import verdicts
from adapters.gate import AlwaysOpen, Gate
from adapters.ports import KeyConflict, NeighbourError, OutcomeUnknown, Unavailable
from adapters.transport import Reply, ReplyTooLarge, Transport, UntrustedReply
from adapters.verdicts import Verdict

T = TypeVar("T")
Parse = Callable[[bytes], T]


class InvalidReply(Exception):
    """A reply that does not say what the wire promises; the text says in what."""


class ForeignPayload(Exception):
    """The far side holds our key with another payload than the one we committed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How a call is bounded: seconds, attempts and bytes. ``total`` bounds one call with its retries."""

    connect: float = 2.0
    reply: float = 8.0
    total: float = 10.0
    attempts: int = 3
    reply_bytes: int = 32 * 1024 * 1024
    compress: bool = False
    """Send bodies with gzip: worth it over a slow line, a waste on the same machine."""
    authority: Path | None = None
    """A file of certificate authorities to trust instead of the usual ones."""


class Carrier(Protocol):
    """What carries one request and brings its complete reply: ``Transport``, or one that signs."""

    def exchange(
        self,
        method: str,
        url: str,
        *,
        timeout: tuple[float, float],
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply: ...

    def close(self) -> None: ...


def bearer(key: str, limits: Limits) -> Transport:
    """A transport whose requests carry a service key."""
    return Transport({"Authorization": f"Bearer {key}", **plain_headers(limits)}, limits.reply_bytes, limits.authority)


def plain_headers(limits: Limits) -> dict[str, str]:
    """The headers of every request, but for what proves whose it is."""
    return {"Accept-Encoding": "gzip" if limits.compress else "identity", "User-Agent": "levybridge"}


class Exchange:
    """The conversation with one neighbour.

    ``write``, ``ask`` and ``read`` raise the failures of :mod:`adapters.ports`. Only what surely was not applied is
    repeated here, a few times with jitter; longer waits belong to the job that called. The ``gate`` may keep a call
    back, and is told how it went, retries included.
    """

    def __init__(
        self,
        neighbour: str,
        base_url: str,
        carrier: Carrier,
        limits: Limits,
        rng: random.Random,
        gate: Gate | None = None,
    ) -> None:
        self._gate = gate or AlwaysOpen()
        self._neighbour = neighbour
        self._url = base_url.rstrip("/")
        self._limits = limits
        self._rng = rng
        self._transport = carrier

    def write(self, path: str, key: str, body: bytes, parse: Parse[T], also: tuple[int, str] | None = None) -> T:
        """Send the bytes under their key and read the reply.

        ``also`` is a status and a code that are no failure on this wire: ``parse`` gets that reply too.
        """
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "Content-SHA256": hashlib.sha256(body).hexdigest(),
        }
        if self._limits.compress:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, 5, mtime=0)
        reply = self._attempt("POST", path, key=key, also=also, headers=headers, body=body)
        try:
            return parse(reply.body)
        except (InvalidReply, ForeignPayload) as error:
            text = f"{self._neighbour} sent a reply to {key} that cannot be trusted: {error}; ask before repeating it"
            raise OutcomeUnknown(key, text).because("odd_reply", 200) from error

    def ask(self, path: str, key: str, parse: Parse[T]) -> T | None:
        """The stored reply to an earlier write; ``None``: the key was never seen."""
        reply = self._attempt("GET", f"{path}/{quote(key, safe='')}", also=(404, "unknown_key"))
        try:
            return None if reply.status == 404 else self._parsed(reply.body, parse)
        except ForeignPayload as error:
            raise KeyConflict(key, f"{self._neighbour} holds {key} with another payload than ours: {error}") from error

    def read(self, path: str, parse: Parse[T], *, params: dict[str, str] | None = None, body: bytes | None = None) -> T:
        """Read without changing anything; a body makes it a POST."""
        headers = {"Content-Type": "application/json"} if body is not None else None
        method = "GET" if body is None else "POST"
        return self._parsed(self._attempt(method, path, headers=headers, params=params, body=body).body, parse)

    def read_or_none(self, path: str, absent: str, parse: Parse[T]) -> T | None:
        """Read what may not be there; ``None`` when the far side says ``absent`` with a 404."""
        reply = self._attempt("GET", path, also=(404, absent))
        return None if reply.status == 404 else self._parsed(reply.body, parse)

    def read_file(self, path: str, absent: str) -> bytes | None:
        """A file byte for byte; ``None`` when the far side says ``absent`` with a 404."""
        reply = self._attempt("GET", path, also=(404, absent))
        return None if reply.status == 404 else reply.body

    def close(self) -> None:
        """Give back the connections."""
        self._transport.close()

    def _parsed(self, body: bytes, parse: Parse[T]) -> T:
        try:
            return parse(body)
        except InvalidReply as error:
            text = f"{self._neighbour} sent a reply that cannot be trusted: {error}"
            raise Unavailable(text).because("odd_reply", 200) from error

    def _attempt(
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        also: tuple[int, str] | None = None,
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        started = time.monotonic()

        def once() -> Reply | Verdict:
            left = max(0.05, self._limits.total - (time.monotonic() - started))
            timeout = (min(self._limits.connect, left), min(self._limits.reply, left))
            try:
                reply = self._transport.exchange(
                    method, self._url + path, timeout=timeout, headers=headers, params=params, body=body
                )
            except (requests.RequestException, HTTPError, ReplyTooLarge, UntrustedReply, OSError) as error:
                return verdicts.of_exception(self._neighbour, key, error)
            expected = reply.status == 200 or (
                also is not None and (reply.status, verdicts.problem_code(reply)) == also
            )
            return reply if expected else verdicts.of_reply(self._neighbour, key, reply)

        retrying = Retrying(
            retry=retry_if_result(lambda outcome: isinstance(outcome, Verdict) and outcome.repeatable),
            stop=lambda state: stop_after_attempt(self._limits.attempts)(state) or self._too_late(state, started),
            wait=self._pause,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        passage = self._gate.admit()
        outcome: Reply | Verdict = retrying(once)
        self._gate.told(passage, outcome.failure if isinstance(outcome, Verdict) else None)
        if isinstance(outcome, Verdict):
            raise outcome.failure
        return outcome

    def _pause(self, state: RetryCallState) -> float:
        """The neighbour's own wish, else a random part of a doubling tenth of a second."""
        asked = _wished(state)
        return asked if asked is not None else self._rng.uniform(0.02, 0.1 * 2**state.attempt_number)

    def _too_late(self, state: RetryCallState, started: float) -> bool:
        """Whether the neighbour wishes a longer wait than a call should take, or the call's time is nearly used."""
        used = time.monotonic() - started
        return (_wished(state) or 0.0) > 1.0 or used > self._limits.total / 2


def _wished(state: RetryCallState) -> float | None:
    failure: NeighbourError | None = state.outcome.result().failure if state.outcome else None
    return failure.retry_after if isinstance(failure, Unavailable) else None
