"""A statement is compared once our own feed has passed its day, and not before."""

from datetime import date
from typing import Any

import pytest

from tests.worker.flows.stage import Stage, after

OCTOBER = date(2020, 10, 15)
NEXT = after(OCTOBER, 1)


@pytest.fixture
def stated(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Tax issues a statement of each day before the 16th of October: its own payments, nothing else."""

    def statement(day: date) -> bytes | None:
        rows: list[Any] = [row for row in stage.tax.feed.rows if row["paid_at"][:10] == str(day)]  # type: ignore[index]
        lines = [
            f"{day},{row['voucher_no']},{row['line']},{row['reference']},{row['person_no']},390,202101-202112,610922,"
            f"{row['amount'] // 100}.{row['amount'] % 100:02d},{row['channel']},{row['kind']}"
            for row in rows
        ]
        total = sum(row["amount"] for row in rows)
        header = "tax_date,voucher_no,line,reference,person_no,insurance,period,area,amount,channel,kind"
        return "\n".join([header, *lines, f"TOTAL,{len(lines)},{total // 100}.{total % 100:02d},0.00", ""]).encode()

    monkeypatch.setattr(stage.tax, "statement", statement)
    stage.pay(1, OCTOBER)
    return stage


def test_a_feed_that_another_worker_is_still_following_has_not_been_followed(
    stated: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = stated.tax.payments

    def overtaken(cursor: str | None, limit: int) -> Any:
        with stated.desk.engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO feed_cursor (feed, cursor) VALUES ('tax.payments', '0')")
        return asked(cursor, limit)

    with monkeypatch.context() as patch:
        patch.setattr(stated.tax, "payments", overtaken)
        stated.tick(NEXT, "pull_payments", "reconcile")
    assert stated.desk.one("SELECT outcome->>'remark' FROM job WHERE kind = 'tick.pull_payments'")
    assert stated.desk.one("SELECT count(*) FROM statement") == 0, "our book of the day is not whole yet"
    stated.tick(NEXT, "pull_payments", "reconcile")
    assert stated.desk.one("SELECT sum(matched) FROM statement") == 1
    assert stated.desk.one("SELECT count(*) FROM break_found") == 0


def test_the_day_that_goes_on_is_not_compared(stated: Stage) -> None:
    stated.tick(OCTOBER, "pull_payments", "reconcile")
    assert stated.desk.one("SELECT max(day) FROM statement") == after(OCTOBER, -1)
