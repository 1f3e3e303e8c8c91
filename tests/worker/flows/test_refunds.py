"""Refunds: asked for, decided by the notice, approved by a second person, paid back once; then the cover ends."""

import json
from datetime import date
from unittest.mock import ANY

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.adapters.bureau.reading import ACCOUNT, lines_of
from tests.worker.flows.conftest import LI
from tests.worker.flows.refunding import CLERK, REVIEWER, asked_back, cases, reviewed
from tests.worker.flows.stage import Stage
from worker.cli import held, refund
from worker.dues.reference import due_reference

SEPTEMBER, OCTOBER, NOVEMBER = date(2020, 9, 20), date(2020, 10, 15), date(2020, 11, 1)
_OPEN_ORDERS = (
    "SELECT id FROM disbursement WHERE refund_item_id IS NOT NULL AND state IN ('ordered', 'accepted') ORDER BY id"
)
_ANOTHER = "jsonb_build_object('id', 99, 'ordinal', 9, 'amount', 1)"
LIS_ACCOUNT = ACCOUNT | {"cert_no": LI["cert_no"], "account_name": "李四", "account_no": "6217001000000000002"}


@pytest.fixture
def paid(stage: Stage) -> Stage:
    """Zhang and Li have paid; Li was in the employee scheme since September."""
    stage.pay(1, OCTOBER)
    stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    return stage


def test_a_premium_is_given_back_by_the_treasury_and_the_cover_ends(paid: Stage) -> None:
    paid.desk.take(lines_of(LIS_ACCOUNT), day=OCTOBER)
    asked_back(paid, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    assert cases(paid) == [("joined_employee_scheme", "decided")]
    assert paid.desk.one("SELECT decision->'clauses' FROM refund_case") == ["六(四)"]
    assert reviewed(paid, 1, NOVEMBER).refused == {}
    paid.tick(NOVEMBER, "disburse")
    assert cases(paid) == [("joined_employee_scheme", "ordered")]
    (order,) = (one for one in paid.treasury.orders.values() if one["fund"] == "premium")
    assert (order["amount"], order["payee_name"]) == (28000, "李四")
    assert paid.dues()[2] == ("paid", 28000, 28000), "not given back before the bank has paid it"
    paid.result(order["reference"])
    paid.tick(NOVEMBER, "pull_results")
    assert cases(paid) == [("joined_employee_scheme", "refunded")]
    assert paid.dues()[2] == ("refunded", 28000, 28000)
    covers = paid.desk.rows("SELECT benefit_start, benefit_end, closed_because FROM enrolment ORDER BY id")
    assert covers[1] == (None, None, "joined_employee_scheme"), "employee cover came before ours began"
    assert covers[0][0] == date(2021, 1, 1), "nobody else loses anything"
    paid.desk.rows("UPDATE enrolment SET stale = true RETURNING id")
    paid.tick(date(2021, 7, 1), "assess")
    assert len(paid.dues()) == 2, "nothing is asked of them any more"


def test_what_was_paid_twice_goes_back_through_tax_and_the_premium_stays(paid: Stage) -> None:
    paid.pay(2, NOVEMBER)
    paid.tick(NOVEMBER, "pull_payments", "refunds", "refunds")
    assert cases(paid) == [("overpaid", "decided")], "a payment gets one case however often it is looked at"
    assert paid.tax.refunds == {}, "nothing leaves before the second review"
    assert reviewed(paid, 1, NOVEMBER).done == [1]
    paid.tick(NOVEMBER, "refunds")
    assert list(paid.tax.refunds.values()) == [
        {
            "reference": "610922-R1", "due_reference": due_reference("610922", 2021, 2), "voucher_no": "V3", "line": 1,
            "amount": 28000, "reason": "overpaid",
        }
    ]  # fmt: skip
    paid.refund("610922-R1", NOVEMBER)
    paid.tick(NOVEMBER, "pull_payments", "refunds")
    assert cases(paid) == [("overpaid", "refunded")]
    assert paid.dues()[2] == ("paid", 28000, 28000)
    assert paid.desk.one("SELECT count(*) FROM enrolment WHERE benefit_start IS NULL") == 0
    assert paid.desk.one("SELECT kind FROM payment ORDER BY id DESC LIMIT 1") == "refund"


def test_a_refund_that_tax_tells_twice_or_otherwise_is_booked_once_and_held(paid: Stage) -> None:
    paid.pay(2, NOVEMBER)
    paid.tick(NOVEMBER, "pull_payments", "refunds")
    reviewed(paid, 1, NOVEMBER)
    paid.tick(NOVEMBER, "refunds")
    paid.refund("610922-R1", NOVEMBER, amount=27999)
    voucher = paid.refund("610922-R1", NOVEMBER)
    paid.refund("610922-R1", NOVEMBER, voucher_no=voucher)
    paid.refund("610922-R1", NOVEMBER)
    paid.refund("610922-R1", NOVEMBER, refund="610922-R99")
    paid.tick(NOVEMBER, "pull_payments")
    assert cases(paid) == [("overpaid", "refunded")]
    assert paid.desk.one("SELECT count(*) FROM transfer WHERE code = 'refund.carried_out'") == 1
    assert paid.desk.one("SELECT count(*) FROM held_row") == 3


def test_what_tax_refuses_is_held_and_ordered_again_when_somebody_lets_it_go(paid: Stage) -> None:
    paid.pay(2, NOVEMBER)
    paid.tick(NOVEMBER, "pull_payments", "refunds")
    reviewed(paid, 1, NOVEMBER)
    paid.tax.refuses = "already_refunded"
    paid.tick(NOVEMBER, "refunds", "refunds")
    assert paid.desk.rows("SELECT state, held_because FROM refund_item") == [("held", "already_refunded")]
    assert cases(paid) == [("overpaid", "held")]
    paid.tax.refuses = None
    released = CliRunner().invoke(refund.command, ["release", "1", "--by", "周", "--reason", "税务已更正"])
    assert released.output == "1 of 1 cases are ordered again.\n"
    paid.tick(NOVEMBER, "refunds")
    assert cases(paid) == [("overpaid", "ordered")]
    assert list(paid.tax.refunds) == ["610922-R1"]


def test_what_the_bank_returns_is_held_and_paid_once_to_the_newer_account(paid: Stage) -> None:
    asked_back(paid, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    reviewed(paid, 1, NOVEMBER)
    paid.tick(NOVEMBER, "disburse")
    assert paid.desk.rows("SELECT state, held_because FROM refund_item") == [("held", "no_account")]
    assert cases(paid) == [("joined_employee_scheme", "held")]
    for number, outcome, code in (("2", "returned", "account_closed"), ("3", "paid", None)):
        paid.desk.take(lines_of(LIS_ACCOUNT | {"account_no": f"621700100000000000{number}"}), day=NOVEMBER)
        paid.tick(NOVEMBER, "disburse", "disburse")
        (order,) = (f"610922-{row[0]}" for row in paid.desk.rows(_OPEN_ORDERS))
        paid.result(order, outcome, code)
        paid.tick(NOVEMBER, "pull_results", "disburse")
    assert cases(paid) == [("joined_employee_scheme", "refunded")]
    assert paid.desk.one("SELECT sum(amount) FROM transfer WHERE code = 'refund.arrived'") == 28000


def test_who_entered_a_case_cannot_review_it_not_even_past_the_service(paid: Stage) -> None:
    asked_back(paid, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    same = reviewed(paid, 1, NOVEMBER, by=f" {CLERK} ")
    assert same.refused == {1: f"case 1 was entered by {CLERK}: another person reviews it"}
    told = CliRunner().invoke(refund.command, ["review", "1", "--approve", "--by", CLERK, "--reason", "好"])
    assert (told.exit_code, told.stderr) == (1, f"case 1 was entered by {CLERK}: another person reviews it\n")
    for column in ("reviewed_by = entered_by", "reviewed_by = upper(entered_by) || ' '"):
        with pytest.raises(IntegrityError, match="second_review"), paid.house.engine.begin() as connection:
            connection.execute(text(f"UPDATE refund_case SET state = 'approved', {column}"))
    with pytest.raises(IntegrityError, match="reviewed"), paid.house.engine.begin() as connection:
        connection.execute(text("UPDATE refund_case SET state = 'approved'"))
    assert cases(paid) == [("joined_employee_scheme", "decided")]


def test_a_payment_is_never_given_back_twice_not_even_past_the_service(paid: Stage) -> None:
    asked_back(paid, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    again = asked_back(paid, 2, "enrolled_as_student", NOVEMBER, event_on=SEPTEMBER)
    assert again.refused[0].sentence == "that was asked before: case 1 (joined_employee_scheme, decided)"
    reviewed(paid, 1, NOVEMBER)
    with pytest.raises(IntegrityError, match="given back once"), paid.house.engine.begin() as connection:
        connection.execute(
            text(f"INSERT INTO refund_item SELECT (jsonb_populate_record(i, {_ANOTHER})).* FROM refund_item i")
        )
    with pytest.raises(IntegrityError, match="never changes"), paid.house.engine.begin() as connection:
        connection.execute(text("UPDATE refund_item SET amount = 1"))


def test_a_payment_reversed_by_tax_is_not_given_back_as_well(paid: Stage) -> None:
    asked_back(paid, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    paid.reverse("V2", 2, NOVEMBER)
    paid.tick(NOVEMBER, "pull_payments")
    assert reviewed(paid, 1, NOVEMBER).refused == {
        1: "case 1: tax has reversed the payment, so nothing is left to give back"
    }
    paid.tick(NOVEMBER, "refunds")
    assert cases(paid) == [("joined_employee_scheme", "withdrawn")]


def test_a_death_after_the_payment_gives_nothing_back_and_ends_the_cover(paid: Stage) -> None:
    asked_back(paid, 2, "death", date(2021, 3, 5), event_on=date(2021, 3, 1))
    assert cases(paid) == [("death", "refused")]
    assert paid.desk.rows("SELECT benefit_end, closed_because FROM enrolment ORDER BY id")[1] == (
        date(2021, 3, 1),
        "death",
    )
    assert reviewed(paid, 1, NOVEMBER).refused == {1: "case 1 is refused: nothing of it waits for a review"}


def test_a_death_before_anything_was_paid_stops_the_levy(stage: Stage) -> None:
    assert asked_back(stage, 2, "death", OCTOBER, event_on=SEPTEMBER) == ([], [ANY], {})
    stage.tick(OCTOBER, "refunds", "assess")
    assert stage.dues() == {1: ("accepted", 28000, 0), 2: ("void", 28000, 0)}
    assert asked_back(stage, 2, "death", NOVEMBER, event_on=SEPTEMBER).refused[0].code == "known"


def test_who_pays_after_the_enrolment_was_closed_is_asked_about_by_a_case(stage: Stage) -> None:
    asked_back(stage, 2, "death", OCTOBER, event_on=SEPTEMBER)
    stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "refunds", "refunds")
    assert cases(stage) == [("death", "undetermined")]
    assert stage.desk.rows("SELECT benefit_start FROM enrolment ORDER BY id")[1] == (None,)


def test_what_is_not_known_is_tried_both_ways_and_only_agreement_decides(paid: Stage) -> None:
    asked_back(paid, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER, benefits_used=None, own_fault=None)
    assert paid.desk.rows("SELECT state, decision->'missing' FROM refund_case") == [
        ("undetermined", ["benefits_used", "own_fault"])
    ]
    asked_back(paid, 1, "death", NOVEMBER, event_on=NOVEMBER, benefits_used=None)
    assert cases(paid)[1] == ("death", "refused"), "after the payment nothing comes back, used or not"


def test_assistance_on_its_way_is_waited_for_and_what_was_decided_before_is_decided_anew(paid: Stage) -> None:
    asked_back(paid, 1, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    assert cases(paid) == [("joined_employee_scheme", "decided")]
    paid.tick(NOVEMBER, "disburse")
    assert reviewed(paid, 1, NOVEMBER).refused == {
        1: "case 1: what it was decided from has changed, and it was decided anew: look at it again"
    }
    assert paid.desk.rows("SELECT state, decision->'missing' FROM refund_case") == [
        ("undetermined", ["assistance_received"])
    ]
    paid.result("610922-1")
    paid.tick(NOVEMBER, "pull_results", "refunds")
    assert paid.desk.rows("SELECT state, decision->'missing' FROM refund_case") == [("undetermined", ["ruling"])]


def test_assistance_that_has_not_left_is_cancelled_with_the_refund(paid: Stage) -> None:
    asked_back(paid, 1, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    reviewed(paid, 1, NOVEMBER)
    paid.tick(NOVEMBER, "disburse")
    assert paid.desk.rows("SELECT state FROM assistance") == [("cancelled",)]
    assert [order["fund"] for order in paid.treasury.orders.values()] == ["premium"]


def test_a_wrong_tier_is_refunded_and_collected_again_through_the_special_channel(paid: Stage) -> None:
    asked_back(paid, 2, "wrong_tier", NOVEMBER)
    reviewed(paid, 1, NOVEMBER)
    paid.tick(NOVEMBER, "refunds")
    paid.refund("610922-R1", NOVEMBER)
    paid.tick(NOVEMBER, "pull_payments", "assess", "assess")
    assert paid.dues() == {1: ("paid", 28000, 28000), 2: ("refunded", 28000, 28000), 3: ("accepted", 28000, 0)}
    assert paid.desk.rows("SELECT channel, version FROM due WHERE id = 3") == [("special", 2)]
    paid.pay(3, NOVEMBER)
    paid.tick(NOVEMBER, "pull_payments")
    assert paid.dues()[3] == ("paid", 28000, 28000)
    assert paid.desk.rows("SELECT benefit_start FROM enrolment ORDER BY id")[1] == (date(2021, 1, 1),)


def test_assistance_paid_on_a_wrong_tier_is_to_be_reclaimed_until_the_levy_is_paid_anew(paid: Stage) -> None:
    """Nobody is assisted twice by it, and who does not pay again does not keep it unnoticed."""
    paid.tick(OCTOBER, "disburse")
    (order,) = paid.treasury.orders.values()
    paid.result(order["reference"])
    paid.tick(OCTOBER, "pull_results")
    asked_back(paid, 1, "wrong_tier", NOVEMBER)
    reviewed(paid, 1, NOVEMBER)
    paid.tick(NOVEMBER, "refunds")
    paid.refund("610922-R1", NOVEMBER)
    paid.tick(NOVEMBER, "pull_payments", "assess", "assess")
    assert paid.dues()[3] == ("accepted", 28000, 0)
    assert '"state":"paid"' in CliRunner().invoke(held.command, ["reclaim", "--json"]).output
    paid.pay(3, NOVEMBER)
    paid.tick(NOVEMBER, "pull_payments", "assess")
    assert CliRunner().invoke(held.command, ["reclaim", "--json"]).output == ""
    assert paid.desk.rows("SELECT state FROM assistance") == [("paid",)]


def test_money_of_nobody_goes_back_to_who_paid_it(stage: Stage) -> None:
    stage.pay(2, OCTOBER, reference="somebody-elses")
    stage.tick(OCTOBER, "pull_payments")
    entered = CliRunner().invoke(refund.command, ["apply", "--voucher", "V1", "--by", CLERK])
    assert entered.exit_code == 0, entered.output
    reviewed(stage, 1, NOVEMBER)
    stage.tick(NOVEMBER, "refunds")
    stage.refund("610922-R1", NOVEMBER)
    stage.tick(NOVEMBER, "pull_payments")
    assert cases(stage) == [("overpaid", "refunded")]
    assert stage.desk.rows("SELECT code, amount FROM transfer WHERE code LIKE 'refund.%' ORDER BY code") == [
        ("refund.carried_out", 28000),
        ("refund.unidentified_approved", 28000),
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--person", "6109220000000009"], "nobody with this person number or identity number has been taken in"),
        (["--reference", "610922-2021-0000000009-01"], "is no reference of a due of ours"),
        (["--voucher", "V9"], "no payment came with voucher V9"),
        (["--reference", due_reference("610922", 2021, 1)], "nothing is paid for due 1 (accepted)"),
        (["--reference", due_reference("610922", 2021, 2)], "due 2 is paid only in part (100.00 of 280.00 yuan)"),
        (["--voucher", "V1"], "due 2 is paid only in part"),
        (["--voucher", "VX"], "tax has reversed voucher VX: nothing is left to give back"),
        ([], "Name one of --person, --reference and --voucher."),
    ],
)
def test_each_application_that_opens_no_case_says_why(stage: Stage, arguments: list[str], sentence: str) -> None:
    stage.pay(2, OCTOBER, 10000)
    stage.reverse(stage.pay(1, OCTOBER, voucher_no="VX"), 1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    told = CliRunner().invoke(refund.command, ["apply", *arguments, "--reason", "conscription", "--by", CLERK])
    said = str(told.exception) if told.exception and not told.output else told.output
    assert told.exit_code != 0
    assert sentence in said
    assert cases(stage) == []


def test_many_are_reviewed_at_once_only_when_the_number_is_confirmed(paid: Stage) -> None:
    for person in (1, 2):
        asked_back(paid, person, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    whole = ["review", "--all", "--of", "joined_employee_scheme", "--approve", "--by", REVIEWER, "--reason", "已核"]
    refused = CliRunner().invoke(refund.command, [*whole, "--count", "3"])
    assert refused.exit_code == 1
    assert "2 cases wait for a review, not 3: nothing was done." in refused.output
    assert {state for _, state in cases(paid)} == {"decided"}
    assert CliRunner().invoke(refund.command, [*whole, "--count", "2"]).output == "2 of 2 cases approved.\n"
    listed = CliRunner().invoke(refund.command, ["list", "--state", "approved", "--json"])
    assert [json.loads(line)["yuan"] for line in listed.output.splitlines()] == [28000, 28000]
    assert "28" in CliRunner().invoke(refund.command, ["show", "1"]).output


def test_a_rejected_case_gives_nothing_back_and_the_premium_may_be_asked_back_again(paid: Stage) -> None:
    asked_back(paid, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    assert reviewed(paid, 1, NOVEMBER, approved=False, reason="材料不全").done == [1]
    asked_back(paid, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    assert cases(paid) == [("joined_employee_scheme", "rejected_by_review"), ("joined_employee_scheme", "decided")]
