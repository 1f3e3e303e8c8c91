"""What tax's feed does to the books: each payment once, each reversal once, and nothing odd stops the rest."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import IntegrityError

from adapters.ports import Malformed
from tests.worker.flows.stage import Stage
from worker.cli import clawback, held
from worker.dues.reference import due_reference

OCTOBER = date(2020, 10, 15)


def test_a_payment_clears_its_due_and_brings_the_assistance_that_follows(stage: Stage) -> None:
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues() == {1: ("paid", 28000, 28000), 2: ("accepted", 28000, 0)}
    assert stage.desk.rows("SELECT category, amount, state FROM assistance") == [
        ("minimum_living_allowance", 12000, "granted")
    ]
    assert stage.desk.one("SELECT benefit_start FROM enrolment ORDER BY id LIMIT 1") == date(2021, 1, 1)


def test_the_same_voucher_again_changes_nothing_and_with_another_amount_is_held(stage: Stage) -> None:
    voucher = stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    stage.pay(1, OCTOBER, voucher_no=voucher)
    stage.pay(1, OCTOBER, 1, voucher_no=voucher)
    stage.tick(OCTOBER, "pull_payments")
    assert stage.desk.one("SELECT count(*) FROM payment") == 1
    assert stage.desk.rows("SELECT feed, reason FROM held_row") == [
        ("tax.payments", "its voucher came before with other figures")
    ]


def test_a_voucher_is_reversed_once_whether_in_one_page_or_later(stage: Stage) -> None:
    first = stage.pay(1, OCTOBER)
    stage.reverse(first, 1, OCTOBER)
    stage.reverse(first, 1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues()[1] == ("accepted", 28000, 0)
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    stage.reverse(first, 1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues()[1] == ("paid", 28000, 28000), "the second payment is not undone by the first one's reversal"
    assert stage.desk.events().count("payment.reversal_without_payment") == 2


def test_a_reversal_under_another_persons_due_unpays_nobody(stage: Stage) -> None:
    zhang = stage.pay(1, OCTOBER)
    stage.pay(2, OCTOBER)
    stage.reverse(zhang, 2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues() == {1: ("paid", 28000, 28000), 2: ("paid", 28000, 28000)}


def test_a_reference_of_another_area_or_year_is_money_of_nobody_we_know(stage: Stage) -> None:
    stage.pay(1, OCTOBER, reference=due_reference("610923", 2021, 1))
    stage.pay(1, OCTOBER, reference=due_reference("610922", 2022, 1))
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues()[1] == ("accepted", 28000, 0)
    assert stage.desk.one("SELECT count(*) FROM payment WHERE due_id IS NULL") == 2


def test_rows_that_cannot_be_read_are_held_and_those_behind_them_booked(stage: Stage) -> None:
    stage.tax.feed.rows.append(Malformed('{"amount": "1e400"}', "its amount is not a whole number of fen"))
    stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues()[2] == ("paid", 28000, 28000)
    assert stage.desk.rows("SELECT reason FROM held_row") == [("its amount is not a whole number of fen",)]
    assert stage.desk.one("SELECT count(*) FROM held_row WHERE body LIKE '%1e400%'::bytea") == 0, "it is encrypted"


def test_a_reversal_takes_the_cover_back_and_asks_again(stage: Stage) -> None:
    voucher = stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    stage.reverse(voucher, 2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "assess", "assess")
    assert (stage.dues()[2][0], stage.dues()[3]) == ("void", ("accepted", 28000, 0)), (
        "tax takes no money for it any more"
    )
    assert stage.desk.rows("SELECT stale, holds_until FROM enrolment ORDER BY id")[1] == (False, date(2020, 12, 31))


def test_a_reversal_before_the_pay_out_cancels_the_assistance_and_paying_again_grants_it_anew(stage: Stage) -> None:
    voucher = stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    stage.reverse(voucher, 1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "disburse")
    assert stage.treasury.orders == {}
    assert stage.desk.rows("SELECT state FROM assistance") == [("cancelled",)]
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "disburse")
    assert [row["amount"] for row in stage.treasury.orders.values()] == [12000]


def test_a_reversal_after_the_pay_out_is_listed_and_paying_again_grants_nothing_twice(stage: Stage) -> None:
    voucher = stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "disburse")
    stage.reverse(voucher, 1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    listed = CliRunner().invoke(held.command, ["reclaim", "--json"])
    assert [json.loads(line)["yuan"] for line in listed.output.splitlines()] == [12000]
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "disburse")
    assert len(stage.treasury.orders) == 1


def test_what_nobody_pays_again_is_asked_back_by_two_people_and_who_pays_after_all_is_assisted_anew(
    stage: Stage, tmp_path: Path
) -> None:
    voucher = stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "disburse")
    number = stage.desk.one("SELECT id FROM assistance")
    ask = ["ask", f"{number}", "--reason", "the bank took it back", "--by", "wang"]
    agree = ["review", f"{number}", "--approve", "--reason", "seen", "--by", "zhao"]
    assert "neither on the list" in CliRunner().invoke(clawback.command, ask).output, "it is paid"
    stage.reverse(voucher, 1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    assert "not paid out yet" in CliRunner().invoke(clawback.command, ask).output
    (reference,) = stage.treasury.orders
    stage.result(reference)
    stage.tick(OCTOBER, "pull_results")
    assert "nobody has asked" in CliRunner().invoke(clawback.command, agree).output
    assert "120.00 yuan are asked back" in CliRunner().invoke(clawback.command, ask).output
    assert "waits for the review of what wang asked" in CliRunner().invoke(clawback.command, ask).output
    assert CliRunner().invoke(held.command, ["reclaim", "--json"]).output == ""
    (row,) = CliRunner().invoke(held.command, ["asked", "--json"]).output.splitlines()
    assert (json.loads(row)["yuan"], json.loads(row)["asked_by"]) == (12000, "wang")
    assert "another person reviews" in CliRunner().invoke(clawback.command, [*agree[:-1], " Wang "]).output
    assert stage.desk.one("SELECT count(*) FROM clawback") == 0, "nothing is owed before another person agrees"
    sheet = tmp_path / "reviews.csv"
    sheet.write_text(f"case,decision,reason\n{number},reject,papers missing\n999,approve,x\n", "utf-8")
    done = CliRunner().invoke(clawback.command, ["review", "--file", str(sheet), "--by", "zhao"])
    assert (done.exit_code, "1 of 2 reviewed" in done.output, "line 3" in done.output) == (1, True, True)
    assert '"state":"paid"' in CliRunner().invoke(held.command, ["reclaim", "--json"]).output, "it can be asked anew"
    CliRunner().invoke(clawback.command, ask)
    assert "1 of 1 reviewed" in CliRunner().invoke(clawback.command, agree).output
    assert "neither on the list" in CliRunner().invoke(clawback.command, ask).output, "it is asked back once"
    assert CliRunner().invoke(held.command, ["asked", "--json"]).output == ""
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "disburse")
    assert [row["amount"] for row in stage.treasury.orders.values()] == [12000, 12000]
    assert stage.desk.rows("SELECT amount, repaid, revoked_on, asked_by, reviewed_by FROM clawback") == [
        (12000, 0, None, "wang", "zhao")
    ]
    with pytest.raises(IntegrityError, match="two_people"), stage.house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE clawback SET reviewed_by = ' WANG'")


def test_what_is_paid_again_while_it_is_asked_back_can_only_be_rejected(stage: Stage) -> None:
    voucher = stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "disburse")
    number = stage.desk.one("SELECT id FROM assistance")
    stage.result(next(iter(stage.treasury.orders)))
    stage.reverse(voucher, 1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "pull_results")
    CliRunner().invoke(clawback.command, ["ask", f"{number}", "--reason", "the bank took it back", "--by", "wang"])
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    answer = ["review", f"{number}", "--reason", "paid since", "--by", "zhao"]
    assert "its premium was paid since" in CliRunner().invoke(clawback.command, [*answer, "--approve"]).output
    assert CliRunner().invoke(held.command, ["asked", "--json"]).output != ""
    assert "1 of 1 reviewed" in CliRunner().invoke(clawback.command, [*answer, "--reject"]).output
    assert CliRunner().invoke(held.command, ["asked", "--json"]).output == ""
    assert stage.desk.one("SELECT count(*) FROM clawback") == 0


def test_money_of_nobody_can_be_reversed_too_and_only_once(stage: Stage) -> None:
    voucher = stage.pay(1, OCTOBER, reference="somebody-elses")
    for _ in range(2):
        stage.pay(1, OCTOBER, reference="somebody-elses", kind="reversal", reverses=voucher)
    stage.tick(OCTOBER, "pull_payments")
    assert stage.desk.rows("SELECT code, amount FROM transfer WHERE code LIKE 'payment%' ORDER BY subject_id") == [
        ("payment.unidentified", 28000),
        ("payment.unidentified_reversed", 28000),
    ]


def test_two_lines_of_one_voucher_are_two_payments_and_each_is_reversed_by_its_own_line(stage: Stage) -> None:
    voucher = stage.pay(1, OCTOBER)
    stage.pay(2, OCTOBER, voucher_no=voucher, line=2)
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues() == {1: ("paid", 28000, 28000), 2: ("paid", 28000, 28000)}
    stage.pay(2, OCTOBER, kind="reversal", reverses=voucher, line=2)
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues() == {1: ("paid", 28000, 28000), 2: ("accepted", 28000, 0)}
    stage.pay(1, OCTOBER, kind="reversal", reverses=voucher)
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues()[1] == ("accepted", 28000, 0)


def test_what_a_school_hands_in_beyond_its_list_is_money_of_nobody(stage: Stage) -> None:
    college = {"channel": "college_virtual_account"}
    voucher = stage.pay(1, OCTOBER, **college)
    stage.pay(2, OCTOBER, 500, voucher_no=voucher, line=2, reference=None, person_no=None, **college)
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues() == {1: ("paid", 28000, 28000), 2: ("accepted", 28000, 0)}
    assert stage.desk.rows("SELECT amount FROM transfer WHERE code = 'payment.unidentified'") == [(500,)]


def test_a_refund_that_nobody_ordered_is_held_and_moves_nothing(stage: Stage) -> None:
    voucher = stage.pay(1, OCTOBER)
    stage.pay(1, OCTOBER, kind="refund", reverses=voucher, refund="nobodys")
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues()[1] == ("paid", 28000, 28000)
    assert stage.desk.rows("SELECT reason FROM held_row") == [("a refund that was not ordered so",)]


def test_what_was_paid_only_in_part_is_listed_once_its_last_day_has_passed(stage: Stage) -> None:
    stage.pay(2, OCTOBER, 10000)
    stage.tick(OCTOBER, "pull_payments")
    with stage.house.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO season_clock (\"row\", today) VALUES (1, DATE '2020-12-31')")
    listed = CliRunner().invoke(held.command, ["part_paid"]).output
    assert listed == "Nobody has paid only a part of what had to be paid by now.\n", "the last day is still a day"
    with stage.house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE season_clock SET today = DATE '2021-01-01'")
    (row,) = CliRunner().invoke(held.command, ["part_paid", "--json"]).output.splitlines()
    said = json.loads(row)
    assert (said["due"], said["yuan"], said["deadline"]) == (2, 18000, "2020-12-31")
    assert said["because"].startswith("let tax reverse it")
