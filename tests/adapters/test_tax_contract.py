"""What the tax port promises, shown by each adapter against the simulator's process: over HTTP, and by files."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

import pytest

from adapters.http import Limits
from adapters.ports import Acknowledgement, KeyConflict, Refused, TaxPort, VoidResult
from adapters.tax.client import TaxClient
from tests.adapters.rows_made import due, fresh, sponsored_due
from tests.adapters.simulated import KEY, Simulated, statement_of


@pytest.fixture(params=["http", "files"])
def tax(tax_simulator: Simulated, request: pytest.FixtureRequest) -> Iterator[TaxPort]:
    """The port, however tax is spoken to."""
    port = tax_simulator.port(request.param)
    yield port
    port.close()


http_only = pytest.mark.parametrize("tax", ["http"], indirect=True)


def submit(tax: TaxPort, *rows: dict[str, object]) -> list[Acknowledgement]:
    key = fresh("batch")
    return tax.submit_dues(key, tax.encode_due_batch(key, "610922", 2021, rows))


def test_good_rows_are_accepted_and_bad_rows_come_back_with_a_code(tax: TaxPort) -> None:
    good, late = due(), due(deadline="2020-08-30")
    accepted, rejected, repeated = submit(tax, good, late, good)
    assert accepted.accepted
    assert accepted.number
    assert (rejected.reference, rejected.accepted, rejected.code) == (late["reference"], False, "deadline_passed")
    assert (repeated.accepted, repeated.code) == (False, "duplicate_reference")


def test_a_batch_can_be_asked_for_by_its_key(tax: TaxPort) -> None:
    key = fresh("batch")
    body = tax.encode_due_batch(key, "610922", 2021, [due(), due()])
    assert tax.ask_due_batch(key, body) is None
    answers = tax.submit_dues(key, body)
    assert tax.ask_due_batch(key, body) == answers


def test_the_same_key_and_bytes_get_the_stored_reply_and_have_one_effect(
    tax: TaxPort, tax_simulator: Simulated
) -> None:
    key, row = fresh("batch"), due()
    body = tax.encode_due_batch(key, "610922", 2021, [row])
    first = tax.submit_dues(key, body)
    assert [tax.submit_dues(key, body) for _ in range(3)] == [first] * 3
    assert tax_simulator.effects_of(key) == 1
    assert tax_simulator.book()["references"][row["reference"]]["batch"] == key


def test_another_body_under_the_same_key_is_refused_and_changes_nothing(tax: TaxPort, tax_simulator: Simulated) -> None:
    key, row = fresh("batch"), due()
    tax.submit_dues(key, tax.encode_due_batch(key, "610922", 2021, [row]))
    other = tax.encode_due_batch(key, "610922", 2021, [row | {"amount": 1}])
    with pytest.raises(KeyConflict):
        tax.submit_dues(key, other)
    with pytest.raises(KeyConflict):
        tax.ask_due_batch(key, other)
    assert tax_simulator.book()["references"][row["reference"]]["amount"] == 28000


def test_encoding_the_same_rows_gives_the_same_bytes(tax: TaxPort) -> None:
    row = due()
    shuffled = dict(reversed(row.items()))
    assert tax.encode_due_batch("k", "610922", 2021, [row]) == tax.encode_due_batch("k", "610922", 2021, [shuffled])


def test_a_due_is_voided_once_and_a_paid_one_is_not(tax: TaxPort) -> None:
    paid, open_, unknown = sponsored_due(), due(), fresh("due")
    submit(tax, paid, open_)
    declare(tax, paid)
    key = fresh("void")
    rows = [{"reference": each, "reason": "superseded"} for each in (paid["reference"], open_["reference"], unknown)]
    body = tax.encode_void_batch(key, "610922", rows)
    results = tax.void_dues(key, body)
    assert [result.outcome for result in results] == ["already_paid", "voided", "unknown_reference"]
    assert tax.void_dues(key, body) == tax.ask_void_batch(key, body) == results
    again = fresh("void")
    twice = tax.void_dues(again, tax.encode_void_batch(again, "610922", rows[1:2]))
    assert twice == [VoidResult(str(open_["reference"]), "already_voided")]


def declare(tax: TaxPort, *rows: dict[str, object], sponsor: str = "medical_assistance") -> list[Acknowledgement]:
    key = fresh("declaration")
    declared = [{name: row[name] for name in ("reference", "person_no", "amount")} for row in rows]
    return tax.declare_sponsor(key, tax.encode_sponsor_declaration(key, "610922", 2021, sponsor, declared))


def test_a_sponsor_pays_what_it_declares_and_nothing_else(tax: TaxPort) -> None:
    good, personal, elsewhere = sponsored_due(), due(), sponsored_due(sponsor="county_fiscal")
    submit(tax, good, personal, elsewhere)
    answers = declare(tax, good, personal, elsewhere, good | {"amount": 1}, sponsored_due())
    codes = [None, "not_sponsored", "not_sponsored", "already_paid", "unknown_reference"]
    assert [answer.code for answer in answers] == codes
    assert [answer.code for answer in declare(tax, elsewhere | {"amount": 1}, sponsor="county_fiscal")] == [
        "amount_differs"
    ]
    state = tax.due_states([good["reference"]])[0]
    assert (state["state"], state["paid"]) == ("paid", 28000)


def test_states_come_in_the_order_asked_and_unknown_is_not_zero(tax: TaxPort) -> None:
    row = due()
    submit(tax, row)
    states = tax.due_states(["never-seen", row["reference"]])
    assert [(state["state"], state["amount"]) for state in states] == [("unknown", None), ("open", 28000)]


def test_the_payment_feed_is_paged_without_gap_or_repetition(tax: TaxPort) -> None:
    rows = [sponsored_due() for _ in range(7)]
    submit(tax, *rows)
    declare(tax, *rows)
    seen, cursor, more = [], None, True
    while more:
        page = tax.payments(cursor, 3)
        seen += [item["sequence"] for item in page.items]
        cursor, more = page.next_cursor, page.more
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) >= 7
    at_the_end = tax.payments(cursor, 3)
    assert (at_the_end.items, at_the_end.next_cursor, at_the_end.more) == ([], cursor, False)


def test_a_statement_is_not_issued_before_its_day_is_over(tax: TaxPort) -> None:
    assert statement_of(tax, date(2020, 8, 31)) is None
    assert statement_of(tax, date(2020, 8, 30)) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 0},
        {"amount": 10**12 + 1},
        {"name": ""},
        {"deadline": "2020-13-01"},
        {"person_type": "9999"},
        {"channel": "special", "special": None},
        {"channel": "ordinary", "special": {"notice_no": "1", "type": "late"}},
        {"channel": "special", "special": {"notice_no": "1", "type": "whim"}},
        {"channel": "special", "special": {"notice_no": "", "type": "late"}},
        {"collection_type": "gift"},
        {"collector": "x" * 65},
    ],
    ids=str,
)
def test_a_batch_that_breaks_the_contract_is_refused_whole(tax: TaxPort, change: dict[str, object]) -> None:
    key, row = fresh("batch"), due()
    body = tax.encode_due_batch(key, "610922", 2021, [row, due(**change)])
    with pytest.raises(Refused) as refused:
        tax.submit_dues(key, body)
    assert (refused.value.status, refused.value.code) == (422, "not_by_contract")
    with suppress(Refused):
        assert tax.ask_due_batch(key, body) is None
    assert tax.due_states([row["reference"]])[0]["state"] == "unknown"


@http_only
@pytest.mark.parametrize("change", [{"amount": -1}, {"amount": 280.0}, {"amount": True}, {"extra": 1}], ids=str)
def test_what_a_file_could_not_even_say_is_refused_on_the_wire(tax: TaxPort, change: dict[str, object]) -> None:
    key = fresh("batch")
    with pytest.raises(Refused):
        tax.submit_dues(key, tax.encode_due_batch(key, "610922", 2021, [due(**change)]))


@pytest.mark.parametrize("amount", [-1, 280.0, True])
def test_what_is_no_amount_in_fen_never_gets_into_a_file(tax_simulator: Simulated, amount: object) -> None:
    with pytest.raises(ValueError, match="whole number of fen"):
        tax_simulator.port("files").encode_due_batch("k", "610922", 2021, [due(amount=amount)])


def test_a_wrong_key_is_refused(tax_simulator: Simulated) -> None:
    stranger = TaxClient(tax_simulator.url, "another key", Limits(), random.Random(1))
    with pytest.raises(Refused) as refused:
        submit(stranger, due())
    assert refused.value.status == 401
    stranger.close()


def test_bodies_and_replies_may_be_packed(tax_simulator: Simulated) -> None:
    packed = TaxClient(tax_simulator.url, KEY, Limits(compress=True), random.Random(1))
    rows = [due() for _ in range(50)]
    assert all(answer.accepted for answer in submit(packed, *rows))
    packed.close()
