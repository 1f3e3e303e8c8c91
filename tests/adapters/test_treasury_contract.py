"""What the treasury port promises, shown by the real client against the simulator's process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.ports import KeyConflict, Refused
from adapters.simulators.accounts import account_number
from adapters.treasury.client import TreasuryClient, result_fault
from tests.adapters.rows_made import fresh, order
from tests.adapters.simulated import KEY, Simulated


@pytest.fixture
def bank(start_treasury: Callable[[], Simulated]) -> Simulated:
    return start_treasury()


def test_orders_are_acknowledged_row_by_row_and_once(treasury: TreasuryClient, treasury_simulator: Simulated) -> None:
    good, unreadable = order(), order(account_no="6217-001")
    key = fresh("orders")
    body = treasury.encode_orders(key, "610922", [good, unreadable, good])
    assert treasury.ask_orders(key, body) is None
    answers = treasury.submit_orders(key, body)
    assert [answer.code for answer in answers] == [None, "account_unreadable", "duplicate_reference"]
    assert treasury.submit_orders(key, body) == treasury.ask_orders(key, body) == answers
    assert treasury_simulator.effects_of(key) == 1
    with pytest.raises(KeyConflict):
        treasury.submit_orders(key, treasury.encode_orders(key, "610922", [good]))


def test_the_same_order_under_another_key_is_not_paid_twice(treasury: TreasuryClient) -> None:
    row = order()
    codes = []
    for _ in range(2):
        key = fresh("orders")
        codes.append(treasury.submit_orders(key, treasury.encode_orders(key, "610922", [row]))[0].code)
    assert codes == [None, "duplicate_reference"]


@pytest.mark.parametrize("change", [{"amount": 0}, {"amount": 13.0}, {"payee_name": ""}, {"fund": None}], ids=str)
def test_a_batch_that_breaks_the_contract_is_refused_whole(treasury: TreasuryClient, change: dict[str, object]) -> None:
    key = fresh("orders")
    body = treasury.encode_orders(key, "610922", [order(), order(**change)])
    with pytest.raises(Refused):
        treasury.submit_orders(key, body)
    assert treasury.ask_orders(key, body) is None


def test_orders_are_executed_the_day_after_and_bad_accounts_come_back_with_a_code(bank: Simulated) -> None:
    treasury = TreasuryClient(bank.url, KEY)
    defects = [None, "account_missing", "account_closed", "name_mismatch"]
    rows = [order(account_no=account_number(n, defect)) for n, defect in enumerate(defects)]  # type: ignore[arg-type]
    answers = treasury.submit_orders("k", treasury.encode_orders("k", "610922", rows))
    assert all(answer.accepted for answer in answers)
    bank.advance("2020-08-31")
    assert treasury.results(None, 10).items == []
    assert bank.advance("2020-09-03")["executed"] == 4
    page = treasury.results(None, 10)
    assert [item["code"] for item in page.items] == defects
    assert [item["outcome"] for item in page.items] == ["paid", "returned", "returned", "returned"]
    assert {item["executed_on"] for item in page.items} == {"2020-09-01"}
    assert [item["order_no"] for item in page.items] == [answer.number for answer in answers]
    corrected = order(account_no=account_number(1))
    treasury.submit_orders("k2", treasury.encode_orders("k2", "610922", [corrected]))
    bank.advance("2020-09-04")
    assert [item["outcome"] for item in treasury.results(page.next_cursor, 10).items] == ["paid"]
    book = bank.book()
    assert book["results"] == {"paid": {"count": 2, "fen": 26000}, "returned": {"count": 3, "fen": 39000}}
    assert book["funds"] == {"medical_assistance": {"count": 2, "fen": 26000}}
    treasury.close()


def test_a_killed_treasury_executes_each_order_once(bank: Simulated) -> None:
    treasury = TreasuryClient(bank.url, KEY)
    for step in range(3):
        key = f"k{step}"
        treasury.submit_orders(key, treasury.encode_orders(key, "610922", [order() for _ in range(20)]))
        bank.kill()
        bank.start()
        bank.advance(f"2020-09-{step + 1:02d}")
        bank.kill()
        bank.start()
        treasury = TreasuryClient(bank.url, KEY)
    results, cursor, more = [], None, True
    while more:
        page = treasury.results(cursor, 7)
        results += [item["reference"] for item in page.items]
        cursor, more = page.next_cursor, page.more
    assert len(results) == len(set(results)) == 60
    treasury.close()


@pytest.mark.parametrize(
    "change",
    [
        {"amount": True},
        {"amount": -1},
        {"outcome": "lost"},
        {"outcome": "returned"},
        {"code": "account_closed"},
        {"code": []},
        {"executed_on": "tomorrow"},
        {"reference": None},
        {"sequence": 0},
    ],
    ids=str,
)
def test_a_result_that_cannot_be_booked_is_noticed(change: dict[str, object]) -> None:
    row = {"sequence": 1, "reference": "o", "order_no": "G1", "amount": 5, "outcome": "paid", "code": None}
    row |= {"executed_on": "2020-09-01"}
    assert result_fault(row) is None
    assert result_fault(row | change)
