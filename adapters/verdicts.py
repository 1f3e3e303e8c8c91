"""What a failed exchange means: surely nothing applied, a final no, or nobody knows.

The rule is one: a write is ``OutcomeUnknown`` unless it is certain that nothing was applied. A read changes nothing, so
whatever goes wrong with one is ``Unavailable``.
"""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import orjson
import requests
from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from adapters.ports import KeyConflict, NeighbourError, OutcomeUnknown, Refused, Unavailable
from adapters.transport import Reply
from adapters.words import is_code

_LONGEST_WAIT = 86_400.0
_OBJECT = re.compile(r"^\w+\(host='([^']*)', port=(\d+)\): ")
"""How urllib3 names who failed: by one of its objects."""
_FINAL = range(400, 500)
_NO_ADDRESS = (InvalidHeader, InvalidSchema, InvalidURL, MissingSchema)
_NOT_NOW = (408, 425, 429, 503)
_NOT_YET = "not_yet"
"""The code of a 503 that is about this message only, such as a case whose payment the peer has not booked yet."""


class Verdict(NamedTuple):
    """The failure to raise, and whether a repeat within the second could help and cannot harm."""

    failure: NeighbourError
    repeatable: bool


def of_exception(neighbour: str, key: str | None, error: Exception) -> Verdict:
    """The verdict on an exchange that broke; ``key`` is null for a read."""
    if _never_left(error):
        away = Unavailable(f"{neighbour} cannot be reached: {_cause(error)}")
        return Verdict(away.because("unreachable", ailing=True), repeatable=True)
    if key is None:
        silent = Unavailable(f"{neighbour} gave no complete reply: {_cause(error)}")
        return Verdict(silent.because("no_answer", ailing=True), repeatable=True)
    text = f"{neighbour} gave no complete reply to {key}: {_cause(error)}; ask for it before repeating it"
    return Verdict(OutcomeUnknown(key, text).because("no_answer", ailing=True), repeatable=False)


def of_reply(neighbour: str, key: str | None, reply: Reply) -> Verdict:
    """The verdict on a reply whose status is not 200; ``key`` is null for a read."""
    status = reply.status
    code = problem_code(reply)
    text = f"{neighbour} answered {status}" + (f" ({code})" if code else "")
    if status in _NOT_NOW:
        not_now = Unavailable(text, retry_after(reply.headers))
        not_yet = code == _NOT_YET
        return Verdict(not_now.because("not_yet" if not_yet else "busy", status, ailing=not not_yet), repeatable=True)
    if status in _FINAL:
        return Verdict(_final(neighbour, key, code, text, status), repeatable=False)
    cause = "server_error" if status >= 500 else "odd_reply"
    if key is None:
        return Verdict(Unavailable(text).because(cause, status, ailing=True), repeatable=status >= 500)
    unknown = OutcomeUnknown(key, f"{text}; ask for {key} before repeating it")
    return Verdict(unknown.because(cause, status, ailing=True), repeatable=False)


def _final(neighbour: str, key: str | None, code: str, text: str, status: int) -> NeighbourError:
    """A no of the neighbour's. Its answer is a sign that it is well."""
    if key is None:
        return Unavailable(text).because("refused", status)
    if status == 409:
        return KeyConflict(key, f"{text} (key {key})").because("key_conflict", status)
    return Refused(status, code, f"{neighbour} refused {key}").because("refused", status)


def problem_code(reply: Reply) -> str:
    """The code of a problem reply, or an empty text when it has none.

    Its text is left aside: a far side that repeats our row in it would put a person's number into jobs and logs.
    """
    try:
        said = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return ""
    code = said.get("code") if isinstance(said, dict) else None
    return code if is_code(code) else ""


def retry_after(headers: dict[str, str]) -> float | None:
    """Seconds to wait by a ``Retry-After`` of seconds or of a date (measured against the reply's own ``Date``)."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return min(float(value[:9]), _LONGEST_WAIT)
    until, now = _moment(value), _moment(headers.get("date", ""))
    if until is None or now is None:
        return None
    return min(max((until - now).total_seconds(), 0.0), _LONGEST_WAIT)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _never_left(error: Exception) -> bool:
    """Whether the connection itself failed, so that no byte of the request can have arrived."""
    if isinstance(error, (requests.ConnectTimeout, *_NO_ADDRESS)):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return True
    verification = (
        reason.args[0] if isinstance(error, requests.exceptions.SSLError) and reason and reason.args else None
    )
    return isinstance(verification, ssl.SSLCertVerificationError)


def _cause(error: Exception) -> str:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return _OBJECT.sub(r"\1:\2: ", str(reason or error)) or type(error).__name__
