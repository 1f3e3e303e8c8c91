"""The simulated office by files: late, partial, repeated, wrong; killed in between. Nothing is lost or doubled."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from adapters.ports import Acknowledgement, NotYetAnswered, TaxPort, Unavailable
from adapters.tax.files.client import Waits
from tests.adapters.office_by_hand import reasons
from tests.adapters.rows_made import due, fresh
from tests.adapters.simulated import Simulated, booked

PUNCTUAL = {"never_share": 0, "late_share": 0, "rejection_share": 0}
SHORT = Waits(answer=0.0, poll=0.05, settle=0.2)


@pytest.fixture
def tax(tax_simulator: Simulated) -> TaxPort:
    return tax_simulator.port("files")


def batch(tax: TaxPort, *rows: dict[str, Any]) -> tuple[str, bytes]:
    key = fresh("batch")
    return key, tax.encode_due_batch(key, "610922", 2021, rows)


def patiently(call: Callable[[], Any]) -> Any:
    """Ask again and again, as a job does, for a minute."""
    until = time.monotonic() + 60
    while True:
        try:
            return call()
        except (NotYetAnswered, Unavailable):
            assert time.monotonic() < until
            time.sleep(0.05)


def taken_in(office: Simulated, key: str) -> None:
    """Raises ``Unavailable`` while the office has not read the batch."""
    if not office.effects_of(key):
        raise Unavailable("The office has not read it")


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        ("result_late", 0),
        ("result_split", 0),
        ("result_repeated", 0),
        ("result_wrong_total", 1),
        ("result_unknown_row", 1),
        ("result_foreign_payload", 1),
        ("result_cut", 1),
    ],
)
def test_whatever_is_wrong_with_a_result_the_answers_come_out_right_and_once(
    tax_simulator: Simulated, tax: TaxPort, kind: str, refused: int
) -> None:
    before = len(reasons(tax_simulator.drop))
    tax_simulator.fault(kind, "submit_dues", days=0, seconds=0.3)
    rows = [due(), due(), due(deadline="2020-08-30")]
    key, body = batch(tax, *rows)
    answers: list[Acknowledgement] = patiently(lambda: tax.submit_dues(key, body))
    assert [(answer.reference, answer.code) for answer in answers] == [
        (rows[0]["reference"], None),
        (rows[1]["reference"], None),
        (rows[2]["reference"], "deadline_passed"),
    ]
    assert tax.ask_due_batch(key, body) == answers
    assert len(reasons(tax_simulator.drop)) - before == refused
    assert tax_simulator.no_faults()[kind] >= 1
    assert tax_simulator.effects_of(key) == 1


def test_a_result_that_comes_days_later_is_neither_a_failure_nor_forgotten(
    start_tax: Callable[..., Simulated],
) -> None:
    office = start_tax(**PUNCTUAL)
    tax = office.port("files", SHORT)
    office.fault("result_late", "submit_dues", days=3)
    key, body = batch(tax, due())
    with pytest.raises(NotYetAnswered):
        tax.submit_dues(key, body)
    # The three days count from when the office read the batch: it has to have read it on the first.
    patiently(lambda: taken_in(office, key))
    for day in ("2020-09-01", "2020-09-02"):
        with pytest.raises(NotYetAnswered):
            tax.submit_dues(key, body)
        office.advance(day)
    office.kill()
    office.start()
    with pytest.raises(NotYetAnswered):
        tax.ask_due_batch(key, body)
    office.advance("2020-09-03")
    [answer] = patiently(lambda: tax.ask_due_batch(key, body))
    assert answer.accepted
    assert office.effects_of(key) == 1


@pytest.mark.parametrize("kind", ["payments_late", "payments_wrong_total"])
def test_a_payments_file_that_is_late_or_wrong_loses_and_doubles_nothing(
    start_tax: Callable[..., Simulated], kind: str
) -> None:
    office = start_tax(**PUNCTUAL)
    tax = office.port("files")
    key, body = batch(tax, *[due() for _ in range(40)])
    tax.submit_dues(key, body)
    office.fault(kind, "payments", days=0, seconds=0.5)
    office.advance("2020-11-15")
    office.advance("2020-12-31")
    sequences = [item["sequence"] for item in patiently(lambda: booked(tax))]
    assert sequences == list(range(1, 41))
    assert office.no_faults() == {kind: 1}


def test_an_office_killed_again_and_again_answers_each_batch_once(start_tax: Callable[..., Simulated]) -> None:
    office = start_tax(**PUNCTUAL)
    tax = office.port("files", SHORT)
    batches = [batch(tax, *[due() for _ in range(50)]) for _ in range(4)]
    for at, (key, body) in enumerate(batches):
        with pytest.raises(NotYetAnswered):
            tax.submit_dues(key, body)
        if at % 2:
            time.sleep(0.02 * at)
            office.kill()
            office.start()
    answers = [patiently(lambda key=key, body=body: tax.ask_due_batch(key, body)) for key, body in batches]
    assert all(answer.accepted for each in answers for answer in each)
    office.advance("2020-11-15")
    office.kill()
    office.start()
    office.advance("2020-12-31")
    lines = booked(tax)
    assert [line["sequence"] for line in lines] == list(range(1, 201))
    assert len({line["reference"] for line in lines}) == 200
    assert [each["effects"] for each in office.book()["keys"]] == [1] * 4


def test_a_batch_that_is_sent_again_after_all_was_put_away_is_answered_again_with_the_same_words(
    tax_simulator: Simulated, tax: TaxPort
) -> None:
    key, body = batch(tax, due())
    first = tax.submit_dues(key, body)
    for path in tax_simulator.drop.glob(f"*/dues-{key}.*"):
        path.unlink()
    # An office that answers what was written after that has seen that it is gone.
    tax.submit_dues(*batch(tax, due()))
    assert tax.ask_due_batch(key, body) is None
    assert tax.submit_dues(key, body) == first
    assert tax_simulator.effects_of(key) == 1
