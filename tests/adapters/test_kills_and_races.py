"""Kills in the middle of a request, callers at the same time, and what a restart must not forget."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.http import Limits
from adapters.ports import OutcomeUnknown, Unavailable
from adapters.tax.client import TaxClient
from tests.adapters.rows_made import due, fresh
from tests.adapters.simulated import KEY, Simulated

PUNCTUAL = {"never_share": 0, "late_share": 0, "rejection_share": 0}


@pytest.mark.parametrize("patience", [0.004, 0.015, 0.04, 0.09])
def test_a_kill_at_any_instant_leaves_every_batch_whole_or_absent(
    start_tax: Callable[..., Simulated], patience: float
) -> None:
    office = start_tax(**PUNCTUAL)
    tax = TaxClient(office.url, KEY, Limits(attempts=1))
    bodies: dict[str, bytes] = {}
    doubtful: set[str] = set()
    killer = threading.Timer(patience, office.kill)
    killer.start()
    while not doubtful:
        key = f"b{len(bodies)}"
        bodies[key] = tax.encode_due_batch(key, "610922", 2021, [due() for _ in range(200)])
        try:
            tax.submit_dues(key, bodies[key])
        except (OutcomeUnknown, Unavailable):
            doubtful.add(key)
    killer.join()
    office.start()
    tax = TaxClient(office.url, KEY)
    for key, body in bodies.items():
        asked = tax.ask_due_batch(key, body)
        assert asked is not None or key in doubtful
        answers = tax.submit_dues(key, body)
        assert all(answer.accepted for answer in answers)
        assert asked in (None, answers)
    book = office.book()
    assert [each["effects"] for each in book["keys"]] == [1] * len(bodies)
    assert book["dues"] == {"open": {"count": 200 * len(bodies), "fen": 200 * len(bodies) * 28_000}}
    tax.close()


def test_the_same_batch_from_many_callers_at_once_has_one_effect(tax_simulator: Simulated) -> None:
    key = fresh("batch")
    body = TaxClient(tax_simulator.url, KEY).encode_due_batch(key, "610922", 2021, [due() for _ in range(300)])
    together = threading.Barrier(6)

    def call(_: int) -> object:
        client = TaxClient(tax_simulator.url, KEY)
        together.wait(60)
        return client.submit_dues(key, body)

    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(call, range(6)))
    assert all(each == replies[0] for each in replies)
    assert tax_simulator.effects_of(key) == 1


@pytest.mark.parametrize("restarted", [False, True])
def test_a_due_that_comes_back_to_hand_is_paid_from_then_on(
    start_tax: Callable[..., Simulated], restarted: bool
) -> None:
    office = start_tax(**PUNCTUAL)
    tax = TaxClient(office.url, KEY)
    old = [due() for _ in range(20)]
    short = [due(person_no=row["person_no"], deadline="2020-08-31") for row in old]
    tax.submit_dues("a", tax.encode_due_batch("a", "610922", 2021, [*old, *short]))
    office.advance("2020-12-30")
    assert tax.payments(None, 100).items == []
    if restarted:
        office.kill()
        office.start()
        tax = TaxClient(office.url, KEY)
    rows = [{"reference": row["reference"], "reason": "x"} for row in short]
    tax.void_dues("v", tax.encode_void_batch("v", "610922", rows))
    office.advance("2021-02-01")
    paid = tax.payments(None, 100).items
    assert {item["reference"] for item in paid} == {row["reference"] for row in old}
    assert {item["paid_at"][:10] for item in paid} <= {"2020-12-30", "2020-12-31"}
    tax.close()


def test_what_comes_back_to_hand_after_its_deadline_is_not_paid(start_tax: Callable[..., Simulated]) -> None:
    office = start_tax(**PUNCTUAL)
    tax = TaxClient(office.url, KEY)
    old = due()
    short = due(person_no=old["person_no"], deadline="2020-08-31")
    tax.submit_dues("a", tax.encode_due_batch("a", "610922", 2021, [old, short]))
    office.advance("2021-01-05")
    body = tax.encode_void_batch("v", "610922", [{"reference": short["reference"], "reason": "x"}])
    tax.void_dues("v", body)
    office.advance("2021-03-01")
    assert tax.payments(None, 100).items == []
    tax.close()


def test_a_call_never_lasts_longer_than_its_limits(tax_simulator: Simulated) -> None:
    tax_simulator.fault("unavailable", "payments", count=None)
    tax = TaxClient(tax_simulator.url, KEY, Limits(total=1.0, attempts=100))
    started = time.monotonic()
    with pytest.raises(Unavailable):
        tax.payments(None, 1)
    assert time.monotonic() - started < 30
    tax.close()
