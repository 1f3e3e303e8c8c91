"""What the treasury port promises, shown by the real client against the simulator's process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from adapters.ports import KeyConflict, MonthTotal, Refused
from adapters.simulators.accounts import account_number
from adapters.treasury.client import TreasuryClient
from adapters.treasury.reading import result_fault
from tests.adapters.rows_made import fresh, order
from tests.adapters.simulated import KEY, Simulated, statement_of


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


def _executed(bank: Simulated, *rows: dict[str, object]) -> TreasuryClient:
    """A treasury that has executed these orders on the first of September, and whose day is the first of October."""
    treasury = TreasuryClient(bank.url, KEY)
    body = treasury.encode_orders("k", "610922", rows)
    assert all(answer.accepted for answer in treasury.submit_orders("k", body))
    bank.advance("2020-10-01")
    return treasury


def test_a_days_statement_has_each_order_executed_on_it_and_its_totals(bank: Simulated) -> None:
    paid, back = order(amount=12345), order(account_no=account_number(1, "account_closed"))
    treasury = _executed(bank, paid, back)
    statement = treasury.read_statement(statement_of(treasury, date(2020, 9, 1)) or b"")
    assert (statement.bad, statement.problems) == ([], ())
    assert [(row["reference"], row["amount"], row["outcome"], row["code"]) for row in statement.rows] == [
        (paid["reference"], 12345, "paid", None),
        (back["reference"], 13000, "returned", "account_closed"),
    ]
    assert {(row["area"], row["fund"]) for row in statement.rows} == {("610922", "medical_assistance")}
    empty = treasury.read_statement(statement_of(treasury, date(2020, 9, 2)) or b"")
    assert (empty.rows, empty.bad, empty.problems) == ([], [], ())
    assert statement_of(treasury, date(2020, 10, 1)) is None, "the day is not over"
    treasury.close()


@pytest.mark.parametrize(
    ("kind", "rows", "bad", "problems"),
    [
        ("statement_missing_line", 1, 0, 2),
        ("statement_extra_line", 3, 0, 2),
        ("statement_altered_line", 2, 0, 1),
        ("statement_wrong_total", 2, 0, 1),
        ("statement_bad_line", 1, 1, 0),
    ],
)
def test_a_wrong_statement_stays_wrong_until_it_is_reissued(
    bank: Simulated, kind: str, rows: int, bad: int, problems: int
) -> None:
    treasury = _executed(bank, order(), order(account_no=account_number(2)))
    bank.fault(kind, "statement")
    for _ in range(2):
        read = treasury.read_statement(statement_of(treasury, date(2020, 9, 1)) or b"")
        assert (len(read.rows), len(read.bad), len(read.problems)) == (rows, bad, problems)
    bank.pull("reissue", day="2020-09-01")
    read = treasury.read_statement(statement_of(treasury, date(2020, 9, 1)) or b"")
    assert (len(read.rows), read.bad, read.problems) == (2, [], ())
    treasury.close()


def test_a_wrong_statement_may_add_up(bank: Simulated) -> None:
    treasury = _executed(bank, order(), order(account_no=account_number(2)))
    bank.fault("statement_altered_line", "statement", adds_up=True)
    read = treasury.read_statement(statement_of(treasury, date(2020, 9, 1)) or b"")
    assert ([row["amount"] for row in read.rows].count(99900), read.bad, read.problems) == (1, [], ())
    treasury.close()


def test_a_late_statement_comes_days_later(bank: Simulated) -> None:
    treasury = _executed(bank, order())
    bank.fault("late_statement", "statement", days=3)
    assert statement_of(treasury, date(2020, 9, 30)) is None
    bank.advance("2020-10-03")
    assert statement_of(treasury, date(2020, 9, 30)) is None
    bank.advance("2020-10-04")
    assert statement_of(treasury, date(2020, 9, 30)) is not None
    treasury.close()


def test_a_months_totals_come_when_it_is_over_by_area_outcome_and_fund(bank: Simulated) -> None:
    fiscal = order(fund="county_fiscal", amount=1)
    treasury = _executed(bank, order(), order(), fiscal, order(account_no=account_number(1, "account_missing")))
    assert treasury.monthly(date(2020, 9, 1)) == [
        MonthTotal("610922", "paid", "county_fiscal", 1, 1),
        MonthTotal("610922", "paid", "medical_assistance", 2, 26000),
        MonthTotal("610922", "returned", "medical_assistance", 1, 13000),
    ]
    assert treasury.monthly(date(2020, 10, 1)) is None, "the month is not over"
    assert treasury.monthly(date(2020, 8, 1)) == []
    bank.fault("monthly_wrong_total", "monthly", delta=5)
    assert [total.amount for total in treasury.monthly(date(2020, 9, 1)) or ()] == [6, 26000, 13000]
    treasury.close()
