"""Tax takes back a payment that is being given back: what has not left is stopped, what has left is told."""

from collections.abc import Iterator
from datetime import date

import pytest
from click.testing import CliRunner

from tests.adapters.bureau.reading import ACCOUNT, lines_of
from tests.worker.flows.conftest import LI
from tests.worker.flows.refunding import asked_back, cases, reviewed
from tests.worker.flows.stage import Stage
from tests.worker.flows.statements import Statements
from tests.worker.flows.town import Town
from worker.audit.log import Origin
from worker.cli import held, refund
from worker.refunds.review import review

SEPTEMBER, OCTOBER, NOVEMBER, LATER = date(2020, 9, 20), date(2020, 10, 15), date(2020, 11, 1), date(2020, 11, 9)
LIS_ACCOUNT = ACCOUNT | {"cert_no": LI["cert_no"], "account_name": "李四", "account_no": "6217001000000000002"}


@pytest.fixture
def approved(stage: Stage) -> Stage:
    """Li, who joined the employee scheme, is to get the premium back by the treasury."""
    stage.desk.take(lines_of(LIS_ACCOUNT), day=OCTOBER)
    stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    asked_back(stage, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    reviewed(stage, 1, NOVEMBER)
    return stage


def items(stage: Stage) -> list[tuple[object, ...]]:
    return stage.desk.rows("SELECT state, held_because, reversed_on IS NOT NULL FROM refund_item ORDER BY id")


def test_an_order_that_has_not_left_is_stopped_and_the_reversal_booked(approved: Stage) -> None:
    approved.reverse("V1", 2, NOVEMBER)
    approved.tick(NOVEMBER, "pull_payments", "refunds", "disburse")
    assert approved.treasury.orders == {}
    assert (cases(approved), items(approved)) == (
        [("joined_employee_scheme", "withdrawn")],
        [("stopped", None, True)],
    )
    assert approved.dues()[2] == ("void", 28000, 0), "nothing is asked of who has left"
    assert approved.desk.rows("SELECT code FROM transfer WHERE code LIKE 'refund.%' ORDER BY code") == [
        ("refund.approved",),
        ("refund.stopped",),
    ]


def test_what_is_held_for_want_of_an_account_is_stopped_too(stage: Stage) -> None:
    stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    asked_back(stage, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    reviewed(stage, 1, NOVEMBER)
    stage.tick(NOVEMBER, "disburse")
    assert cases(stage) == [("joined_employee_scheme", "held")]
    stage.reverse("V1", 2, NOVEMBER)
    stage.tick(NOVEMBER, "pull_payments")
    stage.desk.take(lines_of(LIS_ACCOUNT), day=NOVEMBER)
    stage.tick(NOVEMBER, "disburse")
    assert (cases(stage), stage.treasury.orders) == ([("joined_employee_scheme", "withdrawn")], {})


def test_what_was_paid_out_and_taken_back_is_told_in_every_list(
    approved: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    Statements(approved).install(monkeypatch)
    approved.tick(NOVEMBER, "disburse")
    (order,) = approved.treasury.orders
    approved.result(order)
    approved.tick(NOVEMBER, "pull_results")
    approved.reverse("V1", 2, NOVEMBER)
    approved.tick(LATER, "pull_payments", "reconcile", "pull_payments")
    assert (cases(approved), approved.dues()[2][0]) == ([("joined_employee_scheme", "refunded")], "refunded")
    rows = CliRunner().invoke(held.command, ["rows", "--json"]).output
    assert "tax took back what refund case 1 gives back, and some of it has left" in rows
    listed = CliRunner().invoke(held.command, ["refunds", "--json"]).output
    assert '"because":"paid, tax took the payment back on 2020-11-09"' in listed
    kinds = approved.desk.rows("SELECT kind, item FROM break_found WHERE side = 'tax' AND state = 'open'")
    assert kinds == [("only_theirs", "V2")], "the office's statement has it, our book does not"
    assert approved.desk.events().count("refund.reversal_held") == 1


def test_what_comes_back_from_the_bank_is_not_ordered_again_and_the_reversal_booked(approved: Stage) -> None:
    approved.tick(NOVEMBER, "disburse")
    (order,) = approved.treasury.orders
    approved.reverse("V1", 2, NOVEMBER)
    approved.tick(NOVEMBER, "pull_payments")
    assert items(approved) == [("ordered", None, True)]
    assert "tax took the payment back on" in CliRunner().invoke(held.command, ["refunds", "--json"]).output
    approved.result(order, "returned", "account_closed")
    approved.desk.take(lines_of(LIS_ACCOUNT | {"account_no": "6217001000000000003"}), day=LATER)
    approved.tick(LATER, "pull_results", "disburse")
    assert (items(approved), len(approved.treasury.orders)) == ([("held", "account_closed", True)], 1)
    refused = CliRunner().invoke(refund.command, ["release", "1", "--by", "周", "--reason", "新账户"])
    assert "Nothing of case 1 is held that could go again" in refused.output
    approved.tick(LATER, "pull_payments", "pull_payments")
    assert (cases(approved), approved.dues()[2][2]) == ([("joined_employee_scheme", "withdrawn")], 0)
    assert CliRunner().invoke(held.command, ["rows"]).output == "Every row of the feeds was booked.\n"


def test_a_refund_at_tax_that_was_not_ordered_yet_is_stopped(stage: Stage) -> None:
    for _ in range(2):
        stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    reviewed(stage, 1, NOVEMBER)
    stage.reverse("V2", 2, NOVEMBER)
    stage.tick(NOVEMBER, "pull_payments", "refunds")
    assert (cases(stage), stage.tax.refunds) == ([("overpaid", "withdrawn")], {})
    assert stage.dues()[2] == ("paid", 28000, 28000)


def test_a_reversal_of_another_amount_or_person_stops_nothing(approved: Stage) -> None:
    approved.reverse("V1", 2, NOVEMBER, amount=27999)
    approved.reverse("V1", 1, NOVEMBER)
    approved.tick(NOVEMBER, "pull_payments")
    assert cases(approved) == [("joined_employee_scheme", "approved")]
    assert approved.desk.events().count("payment.reversal_without_payment") == 2


def test_money_of_nobody_that_is_to_go_back_is_stopped_too(stage: Stage) -> None:
    stage.pay(2, OCTOBER, reference="NOBODYS")
    stage.tick(OCTOBER, "pull_payments")
    CliRunner().invoke(refund.command, ["apply", "--voucher", "V1", "--by", "周"])
    reviewed(stage, 1, NOVEMBER)
    stage.pay(2, NOVEMBER, reference="NOBODYS", kind="reversal", reverses="V1")
    stage.tick(NOVEMBER, "pull_payments", "refunds")
    assert (cases(stage), stage.tax.refunds) == ([("overpaid", "withdrawn")], {})


@pytest.fixture
def shared(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Of 320 yuan somebody in 蛟河 gets 190 back and medical assistance, which had paid 130 to them, the rest (R25)."""
    town = Town.of(monkeypatch, "220281", 2021)
    town.enrol(1, date(2020, 10, 9))
    town.flag(1, "低保", "2019-03-01", day=date(2020, 10, 9))
    town.tick(date(2020, 10, 9), "assess")
    town.pay(1, OCTOBER)
    town.tick(OCTOBER, "pull_payments")
    town.pay_out(OCTOBER)
    asked = ["apply", "--person", "P000000000000001", "--reason", "joined_employee_scheme", "--by", "周"]
    facts = ["--event-on", "2020-11-01", "--applied-on", "2020-11-01", "--no-benefits-used", "--no-own-fault"]
    said = CliRunner().invoke(refund.command, asked + facts).output
    assert "190.00 yuan to person" in said
    assert "130.00 yuan to medical_assistance" in said
    with town.house.engine.begin() as connection:
        done = review(connection, town.house.accounts("220281"), "jilin-2021", NOVEMBER, [1], True, "吴", "已核")
        town.house.audit.record(connection, Origin("clerk:吴", "220281", NOVEMBER), done.events, town.house.clock.now())
    assert town.balance("owed_to_fund") == -13000
    yield town
    town.assert_books_hold()
    town.house.engine.dispose()


def test_a_share_that_no_statement_of_claim_has_deducted_is_stopped_with_the_rest(shared: Town) -> None:
    shared.reverse("V1", 1, LATER)
    shared.tick(LATER, "pull_payments", "disburse")
    assert items(shared) == [("stopped", None, True)] * 2
    assert (shared.balance("owed_to_fund"), shared.balance("refund_payable"), shared.balance("cleared_at_tax")) == (
        0,
        0,
        0,
    )
    listed = CliRunner().invoke(held.command, ["reclaim", "--json"]).output
    assert '"yuan":13000' in listed, "the assistance that was paid out for it is to be reclaimed"
    shared.tick(date(2020, 12, 3), "funds")
    assert shared.desk.one("SELECT count(*) FROM fund_statement_line WHERE kind = 'refunded'") == 0


def test_a_share_that_a_statement_of_claim_has_deducted_holds_the_order_and_the_reversal(shared: Town) -> None:
    shared.tick(date(2020, 12, 3), "funds")
    assert shared.desk.one("SELECT count(*) FROM fund_statement_line WHERE kind = 'refunded'") == 1
    shared.reverse("V1", 1, date(2020, 12, 4))
    shared.tick(date(2020, 12, 4), "pull_payments", "disburse", "pull_payments")
    assert items(shared) == [("paid", None, False), ("held", "reversed_at_tax", True)]
    assert shared.desk.one("SELECT waits_for FROM held_row WHERE booked_at IS NULL") == 1
    assert [one["fund"] for one in shared.treasury.orders.values()] == ["medical_assistance"], "the assistance of old"
