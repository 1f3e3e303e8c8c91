"""What comes between two steps of setting a levy right: cover, money and assistance stay with what was really paid."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.worker.flows.test_what_is_known_later import GIVEN, LATER, NETTED, OPENS, PAYS, pay_all
from tests.worker.flows.town import Town, write_settings
from worker.audit.log import Origin
from worker.cli import refund
from worker.refunds.review import review


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


def netted_late(town: Town, *amounts: int) -> int:
    """The medical premium is paid, in these amounts, before it is known that 130 yuan should have been netted."""
    premium = due_of(town, 36000)
    for amount in amounts:
        town.pay(premium, PAYS, amount)
    town.tick(PAYS, "pull_payments")
    town.flag(1, *NETTED, day=LATER)
    town.tick(LATER, "assess")
    assert town.desk.rows("SELECT due_id, amount FROM correction") == [(premium, 13000)]
    return premium


def approved(town: Town, case: int) -> None:
    house = town.house
    with house.engine.begin() as connection:
        done = review(connection, house.accounts(town.area), house.law.notice, LATER, [case], True, "吴", "已核")
        house.audit.record(connection, Origin("clerk:吴", town.area, LATER), done.events, house.clock.now())
    assert done.done == [case]


def carried_out(town: Town) -> None:
    """Tax does what was ordered there and not told of yet."""
    town.tick(LATER, "refunds")
    told = {row["refund"] for row in town.tax.feed.rows if isinstance(row, dict)}
    for reference in sorted(town.tax.refunds.keys() - told):
        town.refund(reference, LATER)
    town.tick(LATER, "pull_payments")


def test_a_correction_that_was_given_back_is_not_undone_by_a_reversal_of_another_part(changchun: Town) -> None:
    premium = netted_late(changchun, 20000, 16000)
    approved(changchun, 1)
    carried_out(changchun)
    assert changchun.balance("refunded_at_tax") == -13000
    given = changchun.desk.one("SELECT voucher_no FROM payment p JOIN refund_item i ON i.payment_id = p.id")
    other, amount = changchun.desk.rows(
        f"SELECT voucher_no, amount FROM payment WHERE kind = 'payment' AND voucher_no <> '{given}'"
    )[0]
    changchun.reverse(other, premium, LATER, amount)
    changchun.tick(LATER, "pull_payments", "refunds")
    assert changchun.desk.rows("SELECT state FROM refund_case") == [("refunded",)]
    assert changchun.desk.one("SELECT lowered FROM due WHERE lowered > 0") == 13000
    assert changchun.desk.one("SELECT count(*) FROM correction") == 1
    assert changchun.balance("overpaid") == 0, "it has been given back, nothing more and nothing less"


def test_the_refund_of_a_correction_outlives_the_refund_of_the_premium(changchun: Town) -> None:
    premium = netted_late(changchun, 36000)
    asked = ["apply", "--reference", changchun.reference(premium), "--reason", "wrong_tier", "--by", "周"]
    assert "230.00 yuan to person" in CliRunner().invoke(refund.command, asked).output
    approved(changchun, 2)
    carried_out(changchun)
    assert changchun.dues()[premium][0] == "refunded"
    changchun.tick(LATER, "refunds", "refunds")
    assert changchun.desk.rows("SELECT reason, state FROM refund_case ORDER BY id") == [
        ("overpaid", "decided"),
        ("wrong_tier", "refunded"),
    ]
    approved(changchun, 1)
    carried_out(changchun)
    assert changchun.balance("refunded_at_tax") == -36000
    assert changchun.balance("overpaid") == 0


def test_a_closed_enrolment_that_pays_all_the_same_is_granted_nothing(changchun: Town) -> None:
    changchun.flag(1, *NETTED, day=PAYS)
    changchun.tick(PAYS, "assess", "assess")
    with changchun.house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE enrolment SET closed_because = 'joined_employee_scheme'")
    pay_all(changchun, LATER)
    assert changchun.desk.one("SELECT count(*) FROM due WHERE state = 'paid'") == 2
    assert changchun.assistance(1) == []
    assert changchun.balance("fund_claim") == 0


def test_a_supplement_paid_in_part_is_left_alone_until_the_rest_comes(changchun: Town) -> None:
    changchun.flag(1, *NETTED, day=PAYS)
    changchun.tick(PAYS, "assess", "assess")
    pay_all(changchun, PAYS)
    changchun.flag(1, *NETTED, day=LATER, revoked_on="2021-10-20")
    changchun.tick(LATER, "assess")
    supplement = due_of(changchun, 13000)
    changchun.pay(supplement, LATER, 5000)
    changchun.tick(LATER, "pull_payments", "assess", "assess")
    assert changchun.dues()[supplement] == ("part_paid", 13000, 5000)
    changchun.flag(1, *NETTED, day=LATER)  # it had not ended after all: nothing of the supplement was owed
    changchun.tick(LATER, "assess")
    assert changchun.desk.one("SELECT stale FROM enrolment") is False, "nothing can be done, so nobody looks for ever"
    changchun.flag(1, *NETTED, day=LATER, revoked_on="2021-10-21")
    changchun.tick(LATER, "assess")
    changchun.pay(supplement, LATER, 8000)
    changchun.tick(LATER, "pull_payments", "assess")
    assert changchun.dues()[supplement] == ("paid", 13000, 13000)
    assert changchun.desk.one("SELECT count(*) FROM due WHERE part > 0") == 1


def test_assistance_that_left_one_way_is_not_given_the_other_way_after_the_flow_has_changed(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    local = {"notice": "hunan-2021", "areas": ["430124"], "assistance": {"minimum_living_allowance": 12000}}
    gross = write_settings(tmp_path / "gross.yaml", flow="gross_levy", **local)
    more = local | {"assistance": {"minimum_living_allowance": 15000}}
    net = write_settings(tmp_path / "net.yaml", flow="net_levy", **more)
    changes = [{"since": date(2020, 11, 1), "file": str(net)}]
    town = Town.of(
        monkeypatch, "430124", 2021, write_settings(tmp_path / "s.yaml", local=str(gross), local_changes=changes)
    )
    town.enrol(1, date(2020, 9, 2))
    town.flag(1, "低保", "2020-03-01", day=date(2020, 9, 2))
    town.tick(date(2020, 9, 3), "assess")
    town.pay(1, date(2020, 10, 10))
    town.tick(date(2020, 10, 11), "pull_payments")
    town.pay_out(date(2020, 10, 12))
    town.reverse("V1", 1, date(2020, 11, 3))
    town.tick(date(2020, 11, 3), "pull_payments", "assess", "assess")
    (asked,) = (due for due, (state, _, _) in town.dues().items() if state == "accepted")
    assert town.dues()[asked][1] == 13000, "the net amount is asked for since November"
    town.pay(asked, date(2020, 11, 5))
    town.tick(date(2020, 11, 6), "pull_payments", "assess")
    assert town.assistance(1) == [
        ("minimum_living_allowance", "medical_assistance", "after_payment", 12000, "paid"),
    ], "not at the levy as well"
    assert town.desk.one("SELECT count(*) FROM job WHERE state NOT IN ('done')") == 0
    town.assert_books_hold()
    town.house.engine.dispose()
