"""Assistance on its way to a bank account: every order has one outcome, whatever the treasury's feed repeats."""

from datetime import date

import pytest

from adapters.ports import Malformed
from tests.adapters.bureau.reading import ACCOUNT, lines_of
from tests.worker.flows.refunding import asked_back, cases, reviewed
from tests.worker.flows.stage import Stage

OCTOBER = date(2020, 10, 15)


@pytest.fixture
def ordered(stage: Stage) -> Stage:
    """Zhang has paid, and the 120 yuan of assistance are ordered."""
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "disburse")
    assert list(stage.treasury.orders) == ["610922-1"]
    return stage


def test_what_was_paid_out_stays_paid_whatever_is_told_later(ordered: Stage) -> None:
    ordered.result("610922-1")
    ordered.result("610922-1", "returned", "account_closed")
    ordered.result("610922-1")
    ordered.tick(OCTOBER, "pull_results")
    ordered.result("610922-1", "returned", "name_mismatch")
    ordered.tick(OCTOBER, "pull_results")
    assert ordered.desk.rows("SELECT state, held_because FROM assistance") == [("paid", None)]
    assert ordered.desk.one("SELECT count(*) FROM held_row WHERE feed = 'treasury.results'") == 2


@pytest.mark.parametrize("reference", ["ANOTHER-SYSTEM-1", "610923-1", "610922-01", "610922-99", "1"])
def test_a_result_for_an_order_that_is_not_ours_touches_none_of_ours(ordered: Stage, reference: str) -> None:
    ordered.result(reference)
    ordered.tick(OCTOBER, "pull_results")
    assert ordered.desk.rows("SELECT state FROM assistance") == [("ordered",)]
    assert ordered.desk.one("SELECT count(*) FROM held_row") == 1


def test_a_result_with_another_amount_is_held_and_not_booked(ordered: Stage) -> None:
    ordered.result("610922-1", amount=11999)
    ordered.tick(OCTOBER, "pull_results")
    assert ordered.desk.rows("SELECT state FROM assistance") == [("ordered",)]
    assert ordered.desk.one("SELECT count(*) FROM held_row") == 1


def test_pages_full_of_what_cannot_be_read_are_held_and_passed(ordered: Stage) -> None:
    count = ordered.house.settings.payments_page + 1
    ordered.treasury.feed.rows += [Malformed(f'{{"row": {at}}}', "its amount is not one") for at in range(count)]
    ordered.result("610922-1")
    ordered.tick(OCTOBER, "pull_results")
    assert ordered.desk.rows("SELECT state FROM assistance") == [("paid",)]
    assert ordered.desk.one("SELECT count(*) FROM held_row") == count


def test_what_the_bank_returns_is_held_until_another_account_is_known_and_then_paid_once(ordered: Stage) -> None:
    ordered.result("610922-1", "returned", "account_missing")
    ordered.tick(OCTOBER, "pull_results", "disburse")
    assert ordered.desk.rows("SELECT state, held_because FROM assistance") == [("held", "account_missing")]
    assert len(ordered.treasury.orders) == 1, "nothing is ordered again to the same account"
    ordered.desk.take(lines_of(ACCOUNT | {"account_no": "6217001000000000001"}), day=date(2020, 11, 1))
    ordered.tick(date(2020, 11, 1), "disburse", "disburse")
    assert list(ordered.treasury.orders) == ["610922-1", "610922-2"]
    ordered.result("610922-2")
    ordered.tick(date(2020, 11, 2), "pull_results", "disburse")
    assert ordered.desk.rows("SELECT state FROM assistance") == [("paid",)]
    assert len(ordered.treasury.orders) == 2


@pytest.mark.parametrize("account_first", [True, False])
def test_what_came_back_is_not_paid_out_on_a_levy_that_is_being_given_back(ordered: Stage, account_first: bool) -> None:
    asked_back(ordered, 1, "wrong_tier", OCTOBER)
    assert reviewed(ordered, 1, OCTOBER).refused == {}
    ordered.tick(OCTOBER, "refunds")
    ordered.result("610922-1", "returned", "account_missing")
    ordered.tick(OCTOBER, "pull_results")
    account = lines_of(ACCOUNT | {"account_no": "6217001000000000009"})
    ordered.refund("610922-R1", OCTOBER)
    if account_first:
        ordered.desk.take(account, day=OCTOBER)
        ordered.tick(OCTOBER, "disburse", "pull_payments", "assess")
    else:
        ordered.tick(OCTOBER, "pull_payments", "assess")
        ordered.desk.take(account, day=OCTOBER)
        ordered.tick(OCTOBER, "disburse")
    assert cases(ordered) == [("wrong_tier", "refunded")]
    assert ordered.desk.rows("SELECT state FROM assistance") == [("cancelled",)]
    assert list(ordered.treasury.orders) == ["610922-1"], "nothing but the pay-out that came back"
    ordered.assert_books_hold()
