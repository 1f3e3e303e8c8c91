"""Vouchers of several lines, what schools hand in, and refunds at the tax office."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from adapters.ports import Acknowledgement, TaxPort
from tests.adapters.rows_made import due, fresh
from tests.adapters.simulated import Simulated, booked, reconnected, statement_of

YEAR_END, NEXT_DAY = "2020-12-31", "2021-01-01"


@pytest.fixture(params=["http", "files"])
def tax(office: Simulated, request: pytest.FixtureRequest) -> Iterator[TaxPort]:
    """The port, however tax is spoken to."""
    port = office.port(request.param)
    yield port
    port.close()


def submit(tax: TaxPort, *rows: dict[str, Any]) -> None:
    key = fresh("batch")
    answers = tax.submit_dues(key, tax.encode_due_batch(key, "610922", 2021, rows))
    assert all(answer.accepted for answer in answers)


def refund_of(paid: dict[str, Any], /, **changes: Any) -> dict[str, Any]:
    row = {"reference": fresh("refund"), "due_reference": paid["reference"], "reason": "paid_twice"}
    return row | {name: paid[name] for name in ("voucher_no", "line", "amount")} | changes


def order(tax: TaxPort, *rows: dict[str, Any]) -> list[Acknowledgement]:
    key = fresh("refunds")
    return tax.submit_refunds(key, tax.encode_refund_batch(key, "610922", rows))


def student(collector: str | None = "610922", **changes: Any) -> dict[str, Any]:
    return due(person_type="1404", channel="college", collector=collector, **changes)


def test_two_insurances_of_one_person_are_paid_on_one_voucher_with_two_lines(office: Simulated, tax: TaxPort) -> None:
    medical = due()
    care = due(person_no=medical["person_no"], insurance="410", amount=1000)
    submit(tax, care, due(), medical)
    office.advance(YEAR_END)
    lines = [item for item in booked(tax) if item["person_no"] == medical["person_no"]]
    assert [(item["line"], item["reference"], item["amount"]) for item in lines] == [
        (1, medical["reference"], 28000),
        (2, care["reference"], 1000),
    ]
    assert len({item["voucher_no"] for item in lines}) == len({item["paid_at"] for item in lines}) == 1
    assert len({item["voucher_no"] for item in booked(tax)}) == 2


def test_reversing_a_voucher_reverses_all_its_lines_under_one_new_voucher(office: Simulated, tax: TaxPort) -> None:
    medical = due()
    care = due(person_no=medical["person_no"], insurance="410", amount=1000)
    submit(tax, medical, care)
    office.advance(YEAR_END)
    first, second = booked(tax)
    office.pull("reverse", voucher_no=first["voucher_no"])
    back = booked(tax)[2:]
    told = [(item["kind"], item["reverses"], item["line"], item["reference"], item["amount"]) for item in back]
    assert told == [
        ("reversal", first["voucher_no"], 1, medical["reference"], 28000),
        ("reversal", first["voucher_no"], 2, care["reference"], 1000),
    ]
    assert len({first["voucher_no"], second["voucher_no"], *(item["voucher_no"] for item in back)}) == 2
    states = tax.due_states([medical["reference"], care["reference"]])
    assert [(state["state"], state["paid"]) for state in states] == [("reversed", 0)] * 2


def test_a_college_hands_in_one_voucher_a_day_with_one_line_a_student(office: Simulated, tax: TaxPort) -> None:
    here, there = [student() for _ in range(30)], [student("610115") for _ in range(30)]
    submit(tax, *here, *there)
    office.advance(YEAR_END)
    lists: dict[str, list[dict[str, Any]]] = {}
    for item in booked(tax):
        lists.setdefault(item["voucher_no"], []).append(item)
    assert {item["channel"] for item in booked(tax)} == {"college_virtual_account"}
    references = {row["reference"] for row in here}
    for items in lists.values():
        assert [item["line"] for item in items] == list(range(1, len(items) + 1))
        assert len({item["reference"] in references for item in items}) == 1, "one college"
        assert len({item["paid_at"] for item in items}) == 1
    assert len(lists) == len({(item["paid_at"], item["reference"] in references) for item in booked(tax)})
    assert sum(map(len, lists.values())) == 60


@pytest.mark.parametrize(("kind", "difference"), [("collection_short", -3000), ("collection_over", 3000)])
def test_a_list_that_does_not_add_up(office: Simulated, tax: TaxPort, kind: str, difference: int) -> None:
    submit(tax, *[student() for _ in range(20)], due())
    office.fault(kind, "pay", delta=3000)
    office.advance(NEXT_DAY)
    items = booked(tax)
    collected = [item for item in items if item["channel"] == "college_virtual_account"]
    assert sum(item["amount"] for item in items) == 21 * 28000 + difference
    odd = [item for item in collected if item["amount"] != 28000]
    assert [item["amount"] for item in odd] == [25000 if difference < 0 else 3000]
    assert (odd[0]["reference"] is None) == (odd[0]["person_no"] is None) == (difference > 0)
    together = [item["line"] for item in collected if item["voucher_no"] == odd[0]["voucher_no"]]
    assert odd[0]["line"] == len(together) == max(together), "it is the last line of its list"
    body = statement_of(tax, date.fromisoformat(odd[0]["paid_at"][:10]))
    statement = tax.read_statement(body or b"")
    assert (statement.bad, statement.problems) == ([], ())
    [told] = [
        row for row in statement.rows if (row["voucher_no"], row["line"]) == (odd[0]["voucher_no"], odd[0]["line"])
    ]
    assert (told["reference"], told["person_no"], told["amount"]) == (
        odd[0]["reference"], odd[0]["person_no"], odd[0]["amount"],
    )  # fmt: skip


def test_a_refund_is_carried_out_on_the_next_day_and_told_in_feed_and_statement(
    office: Simulated, tax: TaxPort
) -> None:
    row = due()
    submit(tax, row)
    office.fault("double_payment", "pay")
    office.advance(YEAR_END)
    _, second = booked(tax)
    wanted = refund_of(second)
    [answer] = order(tax, wanted)
    assert (answer.reference, answer.accepted) == (wanted["reference"], True)
    assert answer.number
    office.advance(YEAR_END)
    assert len(booked(tax)) == 2, "not today"
    office.advance("2021-01-05")
    [refund] = booked(tax)[2:]
    told = {name: refund[name] for name in ("kind", "reverses", "line", "refund", "reference", "person_no", "amount")}
    assert told == {
        "kind": "refund", "reverses": second["voucher_no"], "line": 1, "refund": wanted["reference"],
        "reference": row["reference"], "person_no": row["person_no"], "amount": 28000,
    }  # fmt: skip
    assert refund["paid_at"].startswith(NEXT_DAY)
    assert refund["voucher_no"] not in {item["voucher_no"] for item in booked(tax)[:2]}
    statement = tax.read_statement(statement_of(tax, date(2021, 1, 1)) or b"")
    assert (statement.paid, statement.reversed, statement.problems) == (0, 28000, ())
    assert [(line["kind"], line["voucher_no"]) for line in statement.rows] == [("refund", refund["voucher_no"])]
    state = tax.due_states([row["reference"]])[0]
    assert (state["state"], state["paid"]) == ("paid", 28000)
    office.advance("2021-01-10")
    assert len(booked(tax)) == 3, "once"
    detail = office.book()["refunds"]
    assert detail[wanted["reference"]]["carried_out_by"] == refund["voucher_no"]


def test_no_more_is_refunded_than_was_paid_on_that_line(office: Simulated, tax: TaxPort) -> None:
    row = due()
    submit(tax, row)
    office.advance(YEAR_END)
    [paid] = booked(tax)
    first = refund_of(paid, amount=8000)
    answers = order(
        tax,
        first,
        refund_of(paid, amount=20001),
        refund_of(paid, amount=20000),
        refund_of(paid, amount=1),
        refund_of(paid, reference=first["reference"]),
        refund_of(paid, voucher_no="never-booked"),
        refund_of(paid, line=2),
        refund_of(paid, due_reference="another-due"),
        refund_of(paid, due_reference=None),
    )
    assert [answer.code for answer in answers] == [
        None, "amount_exceeds", None, "already_refunded", "duplicate_reference", *["unknown_voucher"] * 4,
    ]  # fmt: skip
    office.advance(NEXT_DAY)
    assert [item["amount"] for item in booked(tax)] == [28000, 8000, 20000]
    state = tax.due_states([row["reference"]])[0]
    assert (state["state"], state["paid"]) == ("refunded", 0)
    with pytest.raises(Exception, match="404"):
        office.pull("reverse", voucher_no=paid["voucher_no"])


def test_what_was_reversed_is_not_refunded(office: Simulated, tax: TaxPort) -> None:
    submit(tax, due())
    office.advance(YEAR_END)
    [paid] = booked(tax)
    office.pull("reverse", voucher_no=paid["voucher_no"])
    [answer] = order(tax, refund_of(paid))
    assert answer.code == "already_refunded"


def test_money_beyond_a_list_can_be_given_back_without_a_reference(office: Simulated, tax: TaxPort) -> None:
    submit(tax, student())
    office.fault("collection_over", "pay", delta=500)
    office.advance(YEAR_END)
    _, beyond = booked(tax)
    [answer] = order(tax, refund_of(beyond))
    assert answer.accepted
    office.advance(NEXT_DAY)
    refund = booked(tax)[-1]
    assert (refund["kind"], refund["reference"], refund["line"], refund["amount"]) == ("refund", None, 2, 500)


def test_after_a_refund_of_the_wrong_tier_the_right_one_is_collected(office: Simulated, tax: TaxPort) -> None:
    wrong = due(amount=36000)
    submit(tax, wrong)
    office.advance("2020-12-30")
    if not booked(tax):
        office.advance(YEAR_END)
    [paid] = booked(tax)
    order(tax, refund_of(paid, reason="wrong_tier"))
    right = due(
        person_no=wrong["person_no"],
        amount=28000,
        channel="special",
        collection_type="supplement",
        deadline="2021-06-30",
    )
    submit(tax, right)
    office.advance("2021-02-01")
    assert [(item["kind"], item["amount"]) for item in booked(tax)[1:]].count(("refund", 36000)) == 1
    states = tax.due_states([wrong["reference"], right["reference"]])
    assert [(state["state"], state["paid"]) for state in states] == [("refunded", 0), ("paid", 28000)]


def test_a_killed_office_carries_out_each_refund_once(office: Simulated, tax: TaxPort) -> None:
    submit(tax, *[due() for _ in range(3)])
    office.advance(YEAR_END)
    wanted = [refund_of(item) for item in booked(tax)]
    key = fresh("refunds")
    body = tax.encode_refund_batch(key, "610922", wanted)
    first = tax.submit_refunds(key, body)
    office.kill()
    office.start()
    tax = reconnected(office, tax)
    assert tax.ask_refund_batch(key, body) == tax.submit_refunds(key, body) == first
    office.advance(NEXT_DAY)
    office.kill()
    office.start()
    tax = reconnected(office, tax)
    office.advance("2021-01-02")
    refunds = [item["refund"] for item in booked(tax) if item["kind"] == "refund"]
    assert refunds == [row["reference"] for row in wanted]
    assert office.effects_of(key) == 1
