"""A feed settled two pages at a time is booked as if page by page, and nothing after a page that failed."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from tests.worker.flows.stage import Stage
from worker.dues.receipts import OpenDue, apply_payments
from worker.feeds.turns import Overtaken, Turn

OCTOBER = date(2020, 10, 15)


@pytest.fixture
def paged(stage: Stage) -> Stage:
    """Pages of one payment each."""
    stage.house.settings = stage.house.settings.model_copy(update={"payments_page": 1})
    return stage


def booked(stage: Stage) -> list[tuple[Any, ...]]:
    """What was made of each payment, in the order of the feed."""
    return stage.desk.rows(
        "SELECT facts::jsonb->>'voucher', (facts::jsonb->>'settles')::int, (facts::jsonb->>'above')::int"
        " FROM audit_event WHERE action LIKE 'payment.%' ORDER BY position"
    )


@pytest.mark.parametrize("seed", range(4))
def test_pages_that_touch_the_same_people_are_booked_in_the_order_of_the_feed(paged: Stage, seed: int) -> None:
    print(f"seed {seed}")
    rng = random.Random(seed)
    standing: list[tuple[str, int, int]] = []
    for _ in range(24):
        if standing and rng.random() < 0.3:
            voucher, due, amount = standing.pop(rng.randrange(len(standing)))
            paged.reverse(voucher, due, OCTOBER, amount)
        else:
            due, amount = rng.choice((1, 2)), rng.choice((28000, 28000, 9000, 40000))
            standing.append((paged.pay(due, OCTOBER, amount), due, amount))
    rows: list[Any] = list(paged.tax.feed.rows)
    numbers = {row["reference"]: row["person_no"] for row in rows}
    insured = ("610922", 2021, "resident_medical", "person", 0)
    dues = {
        due: OpenDue(due, due, due, numbers[reference], *insured, 28000, 0, "accepted")
        for due in (1, 2)
        if (reference := paged.reference(due)) in numbers
    }
    at_once = apply_payments(rows, range(1, len(rows) + 1), dues, {})
    paged.tick(OCTOBER, "pull_payments")
    assert booked(paged) == [(one.row["voucher_no"], one.settles, one.above) for one in at_once]
    assert {due: paged.dues()[due] for due in dues} == {due: (one.state, 28000, one.paid) for due, one in dues.items()}


def test_nothing_is_booked_after_a_page_that_failed_and_all_of_it_once_when_it_is_tried_again(
    paged: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    vouchers = [paged.pay(due, OCTOBER, 7000) for due in (1, 2, 1, 2, 1, 2)]
    record, pages = paged.house.audit.record, iter(range(1, 100))

    def breaks_down(*args: Any) -> int:
        if next(pages) == 3:
            raise ConnectionError("the third page")
        return record(*args)

    monkeypatch.setattr(paged.house.audit, "record", breaks_down)
    paged.tick(OCTOBER, "pull_payments")
    assert [row[0] for row in booked(paged)] == vouchers[:2]
    monkeypatch.undo()
    paged.tick(OCTOBER, "pull_payments")
    assert [row[0] for row in booked(paged)] == vouchers


def test_of_two_workers_who_follow_the_feed_at_once_one_waits_for_the_other(
    paged: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    vouchers = [paged.pay(due, OCTOBER, 7000) for due in (1, 2, 1)]
    page, within = paged.tax.feed.page, iter([True])

    def another_begins(cursor: str | None, limit: int) -> Any:
        if next(within, False):
            paged.tick(OCTOBER, "pull_payments")
            told = "SELECT state || ': ' || (outcome->>'reason') FROM job ORDER BY id DESC LIMIT 1"
            assert paged.desk.one(told) == "ready: another worker follows the feed"
            assert booked(paged) == []
        return page(cursor, limit)

    monkeypatch.setattr(paged.tax.feed, "page", another_begins)
    paged.tick(OCTOBER, "pull_payments")
    assert [row[0] for row in booked(paged)] == vouchers
    put_off = "SELECT count(*) FROM job WHERE state = 'ready' AND next_attempt_at > now()"
    assert paged.desk.one(put_off) == 0, "who was put off comes at once when the feed is free"
    paged.drain()
    assert paged.desk.rows("SELECT DISTINCT state FROM job WHERE kind = 'tick.pull_payments'") == [("done",)]
    assert [row[0] for row in booked(paged)] == vouchers


def test_who_finds_that_another_worker_has_followed_the_feed_leaves_the_rest_to_it(
    paged: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    vouchers = [paged.pay(due, OCTOBER, 7000) for due in (1, 2, 1, 2, 1)]
    page = paged.tax.feed.page

    def another_moves(cursor: str | None, limit: int) -> Any:
        if cursor == "3":
            with paged.house.engine.begin() as connection:
                connection.execute(text("UPDATE feed_cursor SET cursor = 'elsewhere'"))
        return page(cursor, limit)

    monkeypatch.setattr(paged.tax.feed, "page", another_moves)
    paged.tick(OCTOBER, "pull_payments")
    assert paged.desk.one("SELECT outcome->>'reason' FROM job ORDER BY id DESC LIMIT 1") == (
        "another worker follows the feed"
    )
    told = [row[0] for row in booked(paged)]
    assert told == vouchers[: len(told)]
    assert 0 < len(told) < 5
    monkeypatch.undo()
    with paged.house.engine.begin() as connection:
        connection.execute(text("UPDATE feed_cursor SET cursor = :at"), {"at": str(len(told))})
    paged.drain()
    assert [row[0] for row in booked(paged)] == vouchers


def test_a_page_whose_forerunner_was_not_committed_may_not_end() -> None:
    first = Turn()
    second = Turn(first)
    first.__exit__(ValueError, ValueError("torn"), None)
    second.may_lock(alone=True)
    with pytest.raises(Overtaken):
        second.may_end()
