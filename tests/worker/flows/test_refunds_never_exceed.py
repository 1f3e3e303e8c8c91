"""Whatever is applied for, reviewed, returned, reversed and paid, in any order: nobody gets back more than was paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.adapters.bureau.reading import ACCOUNT, lines_of
from tests.worker.flows.conftest import LI
from tests.worker.flows.refunding import asked_back, reviewed
from tests.worker.flows.stage import AREA, Stage
from worker.refunds.reference import refund_reference

DAY, BEFORE = date(2020, 11, 1), date(2020, 9, 20)
ACTIONS = st.one_of(
    st.tuples(st.just("pay"), st.sampled_from([28000, 28000, 28000, 10000, 30000])),
    st.tuples(st.just("reverse"), st.integers(0, 5)),
    st.tuples(st.just("apply"), st.sampled_from(["wrong_tier", "wrong_tier", "wrong_tier", "joined_employee_scheme"])),
    st.tuples(st.just("review"), st.sampled_from([True, True, True, False])),
    st.tuples(st.just("bank"), st.sampled_from(["paid", "paid", "returned"])),
    st.tuples(st.just("tax"), st.booleans()),
    st.tuples(st.just("account"), st.integers(0, 9)),
    st.tuples(st.just("assess"), st.none()),
)


def act(stage: Stage, action: str, value: Any) -> None:
    due = stage.desk.one("SELECT id FROM due WHERE person_id = 2 AND current")
    match action:
        case "pay":
            stage.pay(due, DAY, value)
        case "reverse":
            paid = stage.desk.rows("SELECT voucher_no, due_id, amount FROM payment WHERE kind = 'payment' ORDER BY id")
            if paid:
                voucher, of, amount = paid[value % len(paid)]
                stage.reverse(voucher, of, DAY, amount)
        case "apply":
            asked_back(stage, 2, value, DAY, event_on=BEFORE)
        case "review":
            for (case,) in stage.desk.rows("SELECT id FROM refund_case WHERE state = 'decided'"):
                reviewed(stage, case, DAY, approved=value)
        case "bank":
            orders = "SELECT id FROM disbursement WHERE refund_item_id IS NOT NULL AND state = 'accepted'"
            for (order,) in stage.desk.rows(orders):
                stage.result(f"{AREA}-{order}", value, None if value == "paid" else "account_closed")
        case "tax":
            for (item,) in stage.desk.rows("SELECT id FROM refund_item WHERE route = 'tax' AND state = 'ordered'"):
                for _ in range(1 + value):  # told once, or twice
                    stage.refund(refund_reference(AREA, item), DAY)
        case "account":
            row = ACCOUNT | {
                "cert_no": LI["cert_no"],
                "account_name": "李四",
                "account_no": f"621700100000000010{value}",
            }
            stage.desk.take(lines_of(row), day=DAY)
    stage.tick(DAY, "pull_payments", "pull_results", "refunds", "disburse", *(["assess"] if action == "assess" else []))


def given_back(stage: Stage) -> int:
    """What the far sides have paid back, by their own words: the bank's results and the tax system's feed."""
    premiums = {one["reference"] for one in stage.treasury.orders.values() if one["fund"] == "premium"}
    by_bank = {
        row["reference"]: row["amount"]
        for row in stage.treasury.feed.rows
        if isinstance(row, dict) and row["outcome"] == "paid" and row["reference"] in premiums
    }
    by_tax = {row["refund"]: row["amount"] for row in stage.tax.feed.rows if isinstance(row, dict) and row["refund"]}
    return sum(by_bank.values()) + sum(by_tax.values())


@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(ACTIONS, min_size=10, max_size=14))
def test_no_sequence_of_events_gives_back_more_than_was_paid(stage: Stage, actions: Sequence[tuple[str, Any]]) -> None:
    """One life goes on from example to example; after every step each payment covers what is given back of it."""
    for action, value in actions:
        act(stage, action, value)
        over = stage.desk.rows(
            "SELECT p.id FROM payment p JOIN refund_item i ON i.payment_id = p.id GROUP BY p.id HAVING sum(i.amount) >"
            " p.amount OR EXISTS (SELECT FROM payment r WHERE r.reverses = p.voucher_no AND r.remark = 'reversed')"
        )
        assert over == []
    came = "coalesce(sum(amount) FILTER (WHERE kind = 'payment'), 0)"
    went = "coalesce(sum(amount) FILTER (WHERE kind = 'reversal' AND remark = 'reversed'), 0)"
    assert given_back(stage) <= stage.desk.one(f"SELECT {came} - {went} FROM payment")
    assert stage.desk.one("SELECT count(*) FROM job WHERE state IN ('parked', 'rejected')") == 0
    stage.assert_books_hold()
