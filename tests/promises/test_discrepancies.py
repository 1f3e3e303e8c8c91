"""How many business days pass until a discrepancy is a break on the list, when everything is done once a day."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

import pytest

from tests.worker.flows.stage import Stage, after
from tests.worker.flows.statements import Statements
from worker.ledger.check import check_ledger

FIRST = date(2020, 10, 15)
NEXT_MONTH = 17
"""Days to the first of November: only then tax and treasury issue October's totals."""
Plant = Callable[[Statements, str, str], object]

PLANTS: dict[str, tuple[Plant, int]] = {
    "tax does not state a payment of ours": (lambda stated, voucher, _: stated.hidden.add(voucher), 1),
    "tax states another amount": (lambda stated, voucher, _: stated.amounts.update({voucher: 27900}), 1),
    "tax has money of nobody": (lambda stated, *_: stated.stage.pay(2, FIRST, 100, reference="NOBODYS"), 1),
    "tax has money for another person": (lambda stated, *_: stated.stage.pay(2, FIRST, person_no="1" * 16), 1),
    "the treasury does not state a pay-out": (lambda stated, _, order: stated.hidden.add(order), 1),
    "the treasury states another amount": (lambda stated, _, order: stated.amounts.update({order: 11900}), 1),
    "the totals of a month at tax differ": (lambda stated, *_: stated.totals.update(tax=100), NEXT_MONTH),
    "the totals of a month at the treasury differ": (lambda stated, *_: stated.totals.update(treasury=100), NEXT_MONTH),
}


@pytest.mark.parametrize("what", PLANTS)
def test_a_discrepancy_is_listed_on_the_next_business_day(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    plant, expected = PLANTS[what]
    stated = Statements(stage).install(monkeypatch)
    voucher = stage.pay(1, FIRST)
    stage.tick(FIRST, "pull_payments", "assess", "disburse")
    order = next(iter(stage.treasury.orders))
    stage.result(order, executed_on=str(FIRST))
    plant(stated, voucher, order)
    passed = 0
    while not stage.desk.rows("SELECT FROM break_found WHERE state = 'open'") and passed < 40:
        passed += 1
        for _ in range(2):
            stage.tick(after(FIRST, passed), "pull_payments", "pull_results", "reconcile")
    print(f"{what}: listed after {passed} days")
    assert passed <= expected


def test_an_edited_ledger_is_found_when_it_is_checked(stage: Stage) -> None:
    with stage.house.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE transfer DISABLE TRIGGER USER")
        connection.exec_driver_sql("UPDATE transfer SET amount = amount + 100")
        begun = time.monotonic()
        found = check_ledger(connection)
        print(f"an edited posting: found by `levy check` in {time.monotonic() - begun:.2f} s")
        connection.rollback()
    assert found
