"""Days and months of both sides are compared once our own feed has passed them, and again when something changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.worker.flows.stage import Stage, after
from tests.worker.flows.statements import Statements
from worker.jobs.queue import enqueue
from worker.reconciliation.calling import call_for
from worker.reconciliation.sides import SIDES

OCTOBER = date(2020, 10, 15)
NEXT = after(OCTOBER, 1)
FEEDS = ("pull_payments", "pull_results")


@pytest.fixture
def stated(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Statements:
    return Statements(stage).install(monkeypatch)


def breaks(stage: Stage, state: str = "open") -> list[tuple[Any, ...]]:
    return stage.desk.rows(f"SELECT side, day, kind FROM break_found WHERE state = '{state}' ORDER BY side, day, item")


def rounds(stage: Stage, day: date, times: int = 3) -> None:
    """So many rounds of following the feeds and comparing: days first, then their months."""
    for _ in range(times):
        stage.tick(day, *FEEDS, "reconcile")


def test_a_feed_that_another_worker_is_still_following_has_not_been_followed(
    stated: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = stated.stage
    stage.pay(1, OCTOBER)
    asked = stage.tax.payments

    def overtaken(cursor: str | None, limit: int) -> Any:
        with stage.desk.engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO feed_cursor (feed, cursor) VALUES ('tax.payments', '0')")
        return asked(cursor, limit)

    with monkeypatch.context() as patch:
        patch.setattr(stage.tax, "payments", overtaken)
        stage.tick(NEXT, "pull_payments", "reconcile")
    assert stage.desk.one("SELECT outcome->>'reason' FROM job WHERE kind = 'tick.pull_payments'") == (
        "another worker follows the feed"
    )
    assert stage.desk.one("SELECT count(*) FROM statement") == 0, "our book of the day is not whole yet"
    stage.drain()
    stage.tick(NEXT, "reconcile")
    assert stage.desk.one("SELECT sum(matched) FROM statement") == 1
    assert breaks(stage) == []


def test_the_day_that_goes_on_is_not_compared(stated: Statements) -> None:
    stage = stated.stage
    stage.tick(OCTOBER, *FEEDS, "reconcile")
    assert stage.desk.rows("SELECT max(day) FROM statement GROUP BY side") == [(after(OCTOBER, -1),)] * 2


def test_a_day_of_which_payments_may_still_come_is_not_compared(
    stated: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = stated.stage
    asked = stage.tax.payments
    stage.pay(1, OCTOBER)
    with monkeypatch.context() as patch:
        patch.setattr(stage.tax, "payments", lambda *at: replace(asked(*at), whole_before=OCTOBER))
        stage.tick(NEXT, "pull_payments", "reconcile")
    assert stage.desk.one("SELECT max(day) FROM statement") == after(OCTOBER, -1)
    stage.tick(NEXT, "pull_payments", "reconcile")
    assert stage.desk.one("SELECT max(day) FROM statement") == OCTOBER
    assert breaks(stage) == []


def test_pay_outs_are_compared_with_the_treasury_day_by_day_and_months_in_total(stated: Statements) -> None:
    stage = stated.stage
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "assess", "disburse")
    stage.result(next(iter(stage.treasury.orders)))
    rounds(stage, date(2020, 11, 2))
    assert breaks(stage) == []
    assert stage.desk.rows(
        "SELECT side, period, sum(lines), sum(total), sum(our_total) FROM statement WHERE lines > 0"
        " GROUP BY side, period ORDER BY side, period"
    ) == [
        ("tax", "day", 1, 28000, 28000),
        ("tax", "month", 1, 28000, 28000),
        ("treasury", "day", 1, 12000, 12000),
        ("treasury", "month", 1, 12000, 12000),
    ]
    assert stage.desk.rows("SELECT DISTINCT day FROM statement WHERE period = 'month' ORDER BY day") == [
        (date(2020, 9, 1),),
        (date(2020, 10, 1),),
    ]


@pytest.mark.parametrize("side", ["tax", "treasury"])
def test_a_month_that_differs_though_its_days_agree_is_a_break_until_it_agrees(stated: Statements, side: str) -> None:
    stage = stated.stage
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "assess", "disburse")
    stage.result(next(iter(stage.treasury.orders)))
    stated.totals[side] = 1
    rounds(stage, date(2020, 11, 2))
    assert breaks(stage) == [(side, date(2020, 10, 1), "total")]
    ours, theirs = stage.desk.rows("SELECT ours->>'amount', theirs->>'amount' FROM break_found")[0]
    assert int(theirs) - int(ours) == 1
    stated.totals.clear()
    again(stage, side, [OCTOBER], date(2020, 11, 2))
    rounds(stage, date(2020, 11, 2), 1)
    assert (breaks(stage), breaks(stage, "vanished")) == ([], [(side, date(2020, 10, 1), "total")])


def test_a_month_whose_days_differ_leaves_its_difference_to_them(stated: Statements) -> None:
    stage = stated.stage
    voucher = stage.pay(1, OCTOBER)
    stated.amounts[voucher] = 27000
    rounds(stage, date(2020, 11, 2))
    assert breaks(stage) == [("tax", OCTOBER, "amount")]
    assert stage.desk.one("SELECT our_total - total FROM statement WHERE period = 'month' AND lines > 0") == 1000


def test_what_is_stated_in_the_next_month_is_late_and_counts_there(stated: Statements) -> None:
    stage = stated.stage
    voucher = stage.pay(1, date(2020, 10, 31))
    stated.moved[voucher] = date(2020, 11, 1)
    rounds(stage, date(2020, 12, 2))
    assert breaks(stage) == []
    assert breaks(stage, "resolved") == [("tax", date(2020, 10, 31), "late")]
    assert stage.desk.rows(
        "SELECT day, lines, our_lines FROM statement WHERE period = 'month' AND side = 'tax' ORDER BY day"
    ) == [(date(2020, 9, 1), 0, 0), (date(2020, 10, 1), 0, 0), (date(2020, 11, 1), 1, 1)]


def test_a_payment_that_reaches_us_after_its_day_was_compared_is_late_and_resolved_without_anybody(
    stated: Statements,
) -> None:
    stage = stated.stage
    stage.pay(1, OCTOBER)
    told, stage.tax.feed.rows = stage.tax.feed.rows, []
    stated.stage.tick(NEXT, "pull_payments")
    stage.tax.feed.rows = told
    stage.tick(NEXT, "reconcile")
    assert breaks(stage) == [("tax", OCTOBER, "only_theirs")]
    rounds(stage, after(NEXT, 1), 1)
    assert (breaks(stage), breaks(stage, "resolved")) == ([], [("tax", OCTOBER, "late")])


def test_a_payment_of_a_compared_day_that_nobody_states_is_found_all_the_same(stated: Statements) -> None:
    stage = stated.stage
    rounds(stage, after(NEXT, 5), 1)
    stated.hidden.add(stage.pay(1, OCTOBER))
    rounds(stage, after(NEXT, 6), 1)
    assert breaks(stage) == [("tax", OCTOBER, "only_ours")]
    jobs = "SELECT count(*) FROM job WHERE kind = 'reconcile' AND payload ? 'days'"
    before = stage.desk.one(jobs)
    rounds(stage, after(NEXT, 6), 1)
    assert stage.desk.one(jobs) == before, "what is known is not asked again"


def test_any_day_can_be_compared_again_and_that_is_no_news(stated: Statements) -> None:
    stage = stated.stage
    voucher = stage.pay(1, OCTOBER)
    stated.amounts[voucher] = 1
    rounds(stage, NEXT, 1)
    for _ in range(2):
        again(stage, "tax", [OCTOBER, after(OCTOBER, -1)], NEXT)
        assert breaks(stage) == [("tax", OCTOBER, "amount")]
    assert stage.desk.one("SELECT count(*) FROM break_step") == 1
    stated.amounts.clear()
    again(stage, "tax", [OCTOBER], NEXT)
    assert stage.desk.rows("SELECT action FROM break_step ORDER BY id") == [("found",), ("vanished",)]
    stated.amounts[voucher] = 1
    again(stage, "tax", [OCTOBER], after(NEXT, 9))
    assert stage.desk.rows("SELECT state, opened_on, closed_on FROM break_found") == [("open", after(NEXT, 9), None)]


def test_a_day_that_our_book_has_not_passed_waits(stated: Statements) -> None:
    stage = stated.stage
    rounds(stage, NEXT, 1)
    again(stage, "tax", [OCTOBER, NEXT], NEXT)
    reason = "SELECT outcome->>'reason' FROM job WHERE kind = 'reconcile' AND state = 'ready'"
    assert stage.desk.rows(reason) == [(f"our own book of {NEXT} is not whole yet",)]


def again(stage: Stage, side: str, days: list[date], today: date) -> None:
    """Compare the days once more, as ``levy reconcile`` calls for it."""
    mark = f"again-{stage.desk.one('SELECT max(id) FROM job')}"
    with stage.house.engine.begin() as connection:
        enqueue(connection, call_for("610922", SIDES[side], mark, today, dict.fromkeys(days, 0)))
    stage.work()
