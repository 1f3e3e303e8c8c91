"""Each way of failing is given its own name, because each calls for another next step."""

from __future__ import annotations

import gzip
import json
import os
import random
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from adapters.http import Limits
from adapters.ports import KeyConflict, NeighbourError, OutcomeUnknown, Refused, Unavailable
from adapters.tax.client import TaxClient
from adapters.treasury.client import TreasuryClient
from tests.adapters.raw_server import Script, raw_server, reply, reset, says
from tests.adapters.rows_made import due, fresh
from tests.adapters.simulated import KEY, Simulated, statement_of

HASTY = Limits(connect=0.4, reply=0.4, total=1.5, attempts=3, reply_bytes=100_000)
ONCE = replace(HASTY, attempts=1)
READS: dict[str, Callable[[TaxClient], object]] = {
    "payments": lambda tax: tax.payments(None, 10),
    "due_states": lambda tax: tax.due_states(["a"]),
    "statements": lambda tax: statement_of(tax, date(2020, 9, 1)),
    "ask_due_batch": lambda tax: tax.ask_due_batch("k", b'{"rows": []}'),
}


def client(url: str, limits: Limits = HASTY) -> TaxClient:
    return TaxClient(url, KEY, limits, random.Random(1))


def write(tax: TaxClient) -> NeighbourError:
    """The failure of one write of one due."""
    with pytest.raises(NeighbourError) as failure:
        tax.submit_dues("k", tax.encode_due_batch("k", "610922", 2021, [due()]))
    return failure.value


def test_a_refused_connection_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    refused = write(client(f"http://127.0.0.1:{port}"))
    assert isinstance(refused, Unavailable)
    assert f"cannot be reached: 127.0.0.1:{port}: Failed to establish a new connection" in str(refused)


def test_a_name_that_does_not_resolve_is_unavailable() -> None:
    assert isinstance(write(client("http://tax.invalid")), Unavailable)


@pytest.mark.parametrize("url", ["", "tax.example", "gopher://tax.example", "http://", "http://[::1"])
def test_an_address_that_is_none_is_unavailable(url: str) -> None:
    assert isinstance(write(client(url)), Unavailable)


def test_a_connection_that_is_never_taken_is_unavailable() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(8)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        started = time.monotonic()
        assert isinstance(write(client(f"http://127.0.0.1:{address[1]}")), Unavailable)
        assert time.monotonic() - started < 60
        for each in waiting:
            each.close()


def drip(connection: socket.socket) -> None:
    """A byte of header every 50 ms: each one in time, all together never."""
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 50:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


BROKEN: dict[str, Script] = {
    "reset after sending": reset,
    "hung up without a word": lambda _: None,
    "silence": lambda _: time.sleep(0.8),
    "headers that drip": drip,
    "half a header": says(b"HTTP/1.1 200 OK\r\nContent-"),
    "no HTTP at all": says(b"220 smtp.example ESMTP\r\n"),
    "body cut short": says(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
    "chunks cut short": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"),
    "not gzip": says(reply("200 OK", b"not gzip", "Content-Encoding: gzip")),
    "a gzip that grows": says(reply("200 OK", gzip.compress(b" " * 10_000_000), "Content-Encoding: gzip")),
    "an empty body": says(reply("200 OK", b"")),
    "not JSON": says(reply("200 OK", b"<html>welcome</html>")),
    "a list": says(reply("200 OK", b"[]")),
    "another batch": says(reply("200 OK", b'{"batch": "z", "sha256": "", "acknowledgements": []}')),
    "nothing but a yes": says(reply("200 OK", b'{"ok": true}')),
}


@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_reply_to_a_write_leaves_the_outcome_unknown_and_is_not_repeated(script: Script) -> None:
    with raw_server(script) as (url, requests_seen):
        failure = write(client(url))
    assert isinstance(failure, OutcomeUnknown)
    assert failure.reference == "k"
    assert len(requests_seen) == 1


@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_reply_to_a_read_is_unavailable_and_bounded_in_time(script: Script) -> None:
    started = time.monotonic()
    with raw_server(script) as (url, _), pytest.raises(Unavailable):
        client(url).payments(None, 10)
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("packed", [False, True])
def test_a_reply_above_the_size_is_not_taken_however_small_it_travels(packed: bool) -> None:
    page = b'{"items": [], "next_cursor": "0", "more": false}'.ljust(200_000)
    answer = reply("200 OK", gzip.compress(page), "Content-Encoding: gzip") if packed else reply("200 OK", page)
    with raw_server(says(answer)) as (url, _):
        with pytest.raises(Unavailable, match="larger than 100000 bytes"):
            client(url, ONCE).payments(None, 10)
        assert TaxClient(url, KEY).payments(None, 10).items == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 422])
def test_a_final_no_to_a_write_is_refused_with_its_code(status: int) -> None:
    with raw_server(says(reply(f"{status} No", b'{"code": "why", "text": "Zhang San, 610922199003078519"}'))) as (
        url,
        requests_seen,
    ):
        failure = write(client(url))
    assert isinstance(failure, Refused)
    assert (failure.status, failure.code) == (status, "why")
    assert "Zhang" not in str(failure), "the far side's text may repeat our row: it goes into no job and no log"
    assert len(requests_seen) == 1


@pytest.mark.parametrize("code", ["610922199003078519", "Zhang San", "", "x" * 41, 7, None])
def test_a_code_that_could_be_somebodys_number_or_name_is_left_aside(code: object) -> None:
    with raw_server(says(reply("422 No", json.dumps({"code": code}).encode()))) as (url, _):
        failure = write(client(url))
    assert isinstance(failure, Refused)
    assert failure.code == ""


@pytest.mark.parametrize("status", [201, 202, 204, 301, 302, 303, 307, 308, 500, 501, 502, 504, 507, 520])
def test_whatever_may_have_been_applied_is_unknown_and_no_redirect_is_followed(status: int) -> None:
    answer = reply(f"{status} X", b"", "Location: http://127.0.0.1:9/elsewhere")
    with raw_server(says(answer)) as (url, requests_seen):
        assert isinstance(write(client(url)), OutcomeUnknown)
    assert len(requests_seen) == 1


def test_a_conflict_is_a_key_conflict() -> None:
    with raw_server(says(reply("409 Conflict", b"{}"))) as (url, _):
        failure = write(client(url))
    assert isinstance(failure, KeyConflict)
    assert failure.key == "k"


@pytest.mark.parametrize("ask", READS.values(), ids=READS.keys())
@pytest.mark.parametrize("status", [301, 401, 404, 409, 429, 502])
def test_whatever_goes_wrong_with_a_read_is_unavailable(ask: Callable[[TaxClient], object], status: int) -> None:
    with raw_server(says(reply(f"{status} X", b"<html>"))) as (url, _), pytest.raises(Unavailable):
        ask(client(url, ONCE))


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (["Retry-After: 120"], 120),
        (["Retry-After: Wed, 21 Oct 2020 07:30:00 GMT", "Date: Wed, 21 Oct 2020 07:28:00 GMT"], 120),
        (["Retry-After: Wed, 21 Oct 2020 07:00:00 GMT", "Date: Wed, 21 Oct 2020 07:28:00 GMT"], 0),
        (["Retry-After: 99999999999999999999"], 86_400),
        (["Retry-After: soon"], None),
        (["Retry-After: -5"], None),
        (["Retry-After: \u0665".encode().decode("latin-1")], None),
        ([], None),
    ],
    ids=str,
)
def test_the_neighbour_may_say_when_to_come_again(status: str, headers: list[str], seconds: float | None) -> None:
    with raw_server(says(reply(status, b"{}", *headers))) as (url, _):
        failure = write(client(url, ONCE))
    assert isinstance(failure, Unavailable)
    assert failure.retry_after == seconds


def test_a_long_wait_is_left_to_the_caller(tax: TaxClient, tax_simulator: Simulated) -> None:
    tax_simulator.fault("too_many_requests", "submit_dues", retry_after="30")
    started = time.monotonic()
    failure = write(tax)
    assert isinstance(failure, Unavailable)
    assert failure.retry_after == 30
    assert time.monotonic() - started < 25


@pytest.mark.parametrize("kind", ["too_many_requests", "unavailable"])
def test_a_short_refusal_that_applied_nothing_is_ridden_out(
    tax: TaxClient, tax_simulator: Simulated, kind: str
) -> None:
    key = fresh("batch")
    tax_simulator.fault(kind, "submit_dues", count=2, retry_after="0")
    assert tax.submit_dues(key, tax.encode_due_batch(key, "610922", 2021, [due()]))[0].accepted
    assert tax_simulator.effects_of(key) == 1


@pytest.mark.parametrize(
    "kind", ["error_after_effect", "gateway_timeout", "bad_gateway", "cut_body", "invalid_json", "unavailable"]
)
def test_a_read_is_repeated_within_the_call(treasury: TreasuryClient, treasury_simulator: Simulated, kind: str) -> None:
    treasury_simulator.fault(kind, "results")
    if kind == "invalid_json":
        with pytest.raises(Unavailable):
            treasury.results(None, 10)
    assert treasury.results(None, 10).next_cursor


def test_a_client_may_cross_a_fork(tax: TaxClient) -> None:
    tax.payments(None, 1)
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if tax.payments(None, 1).next_cursor else 1)
        finally:
            os._exit(2)
    for _ in range(5):
        tax.payments(None, 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_many_calls_share_one_connection() -> None:
    served: list[int] = []

    def keep_alive(connection: socket.socket) -> None:
        served.append(1)
        page = b'{"items": [], "next_cursor": "0", "more": false}'
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(page)}\r\n\r\n".encode()
        connection.sendall(head + page)
        while connection.recv(65536):
            connection.sendall(head + page)

    with raw_server(keep_alive) as (url, _):
        tax = TaxClient(url, KEY)
        for _ in range(5):
            tax.payments(None, 1)
        tax.close()
    assert len(served) == 1
