"""What comes between two steps of setting a levy right: cover, money and assistance stay with what was really paid."""

from collections.abc import Iterator
from datetime import date

import pytest

from tests.worker.flows.test_what_is_known_later import GIVEN, LATER, NETTED, OPENS, PAYS, pay_all
from tests.worker.flows.town import Town


@pytest.fixture
def changchun(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """One adult of 绿园区, asked for 360 and 10 yuan."""
    town = Town.of(monkeypatch, "220106", 2022)
    town.enrol(1, OPENS)
    town.tick(OPENS, "assess")
    yield town
    town.assert_books_hold()
    town.house.engine.dispose()


def due_of(town: Town, amount: int) -> int:
    return next(due for due, (_, owed, _) in town.dues().items() if owed == amount)


def test_the_care_insurance_paid_while_the_premium_is_withdrawn_covers_nobody(changchun: Town) -> None:
    changchun.flag(1, *NETTED, day=PAYS)
    changchun.tick(PAYS, "assess")
    assert changchun.dues()[due_of(changchun, 36000)][0] == "void"
    changchun.pay(due_of(changchun, 1000), PAYS)
    changchun.tick(PAYS, "pull_payments")
    assert changchun.assistance(1) == []
    changchun.tick(PAYS, "assess")
    assert changchun.desk.rows("SELECT part, version, amount, state FROM due WHERE amount = 23000") == [
        (0, 2, 23000, "accepted")
    ]
    pay_all(changchun, LATER)
    assert changchun.assistance(1) == GIVEN


def test_netted_to_nothing_after_it_was_asked_for_is_covered_by_the_rest(changchun: Town) -> None:
    changchun.flag(1, "特困", "2021-03-01", day=PAYS)
    changchun.tick(PAYS, "assess", "assess")
    changchun.pay(due_of(changchun, 1000), PAYS)
    changchun.tick(PAYS, "pull_payments")
    assert changchun.assistance(1) == [("extreme_poverty", "medical_assistance", "at_levy", 36000, "applied")]
    assert changchun.desk.one("SELECT benefit_start FROM enrolment") == date(2022, 1, 1)


def test_a_care_premium_that_tax_took_back_is_asked_for_anew(changchun: Town) -> None:
    pay_all(changchun, PAYS)
    care = due_of(changchun, 1000)
    voucher = changchun.desk.one(f"SELECT voucher_no FROM payment WHERE due_id = {care}")
    changchun.reverse(voucher, care, LATER)
    changchun.tick(LATER, "pull_payments", "assess", "assess")
    assert changchun.dues()[care][0] == "void"
    pay_all(changchun, LATER)
    assert changchun.balance("cleared_at_tax") == 37000


def test_assistance_paid_for_a_due_of_old_counts_for_the_one_that_took_its_place(changchun: Town) -> None:
    changchun.flag(1, *NETTED, day=PAYS)
    changchun.tick(PAYS, "assess", "assess")
    pay_all(changchun, PAYS)
    changchun.tick(PAYS, "disburse")
    premium = due_of(changchun, 23000)
    changchun.reverse(changchun.desk.one(f"SELECT voucher_no FROM payment WHERE due_id = {premium}"), premium, LATER)
    changchun.tick(LATER, "pull_payments", "assess", "assess")
    pay_all(changchun, LATER)
    for reference in changchun.treasury.orders:
        changchun.result(reference, "returned", "account_closed")
    changchun.tick(LATER, "pull_results")
    assert sorted(row[3:] for row in changchun.assistance(1)) == [(7000, "held"), (7000, "held"), (13000, "applied")]
    changchun.account(1, "6217001000000000990", LATER)
    changchun.pay_out(LATER)
    assert sorted(row[3:] for row in changchun.assistance(1)) == [(7000, "paid"), (7000, "paid"), (13000, "applied")]
