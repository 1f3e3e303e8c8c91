"""Facts that change between levy and payment: the old due is withdrawn first, only then is anew asked for."""

from datetime import date

from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, FLAG, lines_of
from tests.worker.flows.conftest import LI, WANG
from tests.worker.flows.stage import Stage
from worker.dues.reference import due_reference

OCTOBER = date(2020, 10, 15)


def poorest(stage: Stage, day: date) -> None:
    """Li turns out to have been recognised as 特困 before the cut-off: a department pays the whole premium."""
    flag = FLAG | {"cert_no": LI["cert_no"], "category": "特困", "recognised_on": "2020-08-01"}
    assert stage.desk.take(lines_of(flag), day=day).added == 1


def test_an_open_due_is_withdrawn_before_the_new_one_is_asked_for(stage: Stage) -> None:
    poorest(stage, OCTOBER)
    stage.tick(OCTOBER, "assess")
    assert stage.tax.voided == [due_reference("610922", 2021, 2)]
    assert stage.dues() == {1: ("accepted", 28000, 0), 2: ("void", 28000, 0)}
    stage.tick(OCTOBER, "assess")
    assert stage.dues()[3] == ("accepted", 28000, 0)
    assert stage.desk.rows("SELECT payer, version, current FROM due WHERE person_id = 2 ORDER BY id") == [
        ("person", 1, True),
        ("medical_assistance", 1, True),
    ]
    assert stage.desk.one("SELECT count(*) FROM due WHERE person_id = 2 AND state <> 'void'") == 1


def test_a_payment_that_crosses_the_withdrawal_settles_the_old_due(stage: Stage) -> None:
    stage.tax.paid_already.add(due_reference("610922", 2021, 2))
    stage.pay(2, OCTOBER)
    poorest(stage, OCTOBER)
    stage.tick(OCTOBER, "assess")
    assert stage.dues()[2] == ("accepted", 28000, 0), "tax said that it is paid; its feed has not told us yet"
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues()[2] == ("paid", 28000, 28000)
    assert stage.desk.rows("SELECT lowered FROM due WHERE id = 2") == [(28000,)], "a department had to pay: owed back"
    assert stage.desk.rows("SELECT payer, part, amount, state FROM due WHERE id = 3") == [
        ("medical_assistance", 1, 28000, "accepted")
    ]
    stage.tick(OCTOBER, "assess")
    assert len(stage.dues()) == 3, "what was set right once stays so"


def test_money_for_a_withdrawn_due_is_owed_back_to_the_fen(stage: Stage) -> None:
    poorest(stage, OCTOBER)
    stage.tick(OCTOBER, "assess", "assess", "sponsor")
    stage.pay(2, OCTOBER)
    stage.pay(3, OCTOBER, channel="sponsor")
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues()[3] == ("paid", 28000, 28000)
    assert stage.desk.rows("SELECT code, amount FROM transfer WHERE code LIKE 'payment.%' ORDER BY subject_id") == [
        ("payment.overpaid", 28000),
        ("payment.settled", 28000),
    ]


def test_a_flag_that_comes_between_assessment_and_push_waits_for_tax_to_answer(stage: Stage) -> None:
    poorest(stage, OCTOBER)
    with stage.house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE due SET state = 'assessed' WHERE id = 2")
    stage.tick(OCTOBER, "assess")
    assert stage.desk.one("SELECT stale FROM enrolment WHERE person_id = 2") is True, "it is looked at again"
    with stage.house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE due SET state = 'accepted' WHERE id = 2")
    stage.tick(OCTOBER, "assess", "assess")
    assert [state for state, *_ in stage.dues().values()] == ["accepted", "void", "accepted"]


def test_an_identity_that_becomes_known_after_the_payment_adds_the_difference_once(stage: Stage) -> None:
    stage.desk.take(lines_of(FLAG | {"cert_no": LI["cert_no"], "category": "建档立卡"}), day=date(2020, 9, 10))
    stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    assert stage.desk.rows("SELECT category, amount FROM assistance") == [("registered_poor", 7000)]
    stage.desk.take(lines_of(FLAG | {"cert_no": LI["cert_no"], "category": "低保"}), day=date(2020, 11, 1))
    for _ in range(2):
        stage.tick(date(2020, 11, 1), "assess")
        stage.desk.rows("UPDATE enrolment SET stale = true RETURNING id")
    assert stage.desk.rows("SELECT category, amount, state FROM assistance ORDER BY id") == [
        ("registered_poor", 7000, "cancelled"),
        ("minimum_living_allowance", 12000, "granted"),
    ]
    assert stage.dues()[2] == ("paid", 28000, 28000), "what was paid for stays as it is"


def test_what_another_fund_has_paid_already_counts_towards_the_higher_assistance(stage: Stage) -> None:
    stage.desk.take(lines_of(FLAG | {"cert_no": LI["cert_no"], "category": "建档立卡"}), day=date(2020, 9, 10))
    stage.desk.take(lines_of(ACCOUNT | {"cert_no": LI["cert_no"], "account_name": "李四"}), day=date(2020, 9, 10))
    stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "disburse")
    stage.desk.take(lines_of(FLAG | {"cert_no": LI["cert_no"], "category": "低保"}), day=date(2020, 11, 1))
    stage.tick(date(2020, 11, 1), "assess", "disburse")
    assert [row["amount"] for row in stage.treasury.orders.values()] == [7000, 5000], (
        "120 yuan in all, the highest once"
    )


def test_what_tax_refused_is_asked_for_again_when_the_decision_has_run_out(stage: Stage) -> None:
    soldier = ENROLMENT | WANG | {"circumstances": "demobilised_soldier"}
    assert stage.desk.take(lines_of(soldier), day=OCTOBER).added == 1
    stage.tax.refuses = "deadline_passed"
    stage.tick(OCTOBER, "assess", "assess")
    assert stage.dues()[3] == ("rejected", 28000, 0)
    stage.tax.refuses = None
    stage.tick(date(2020, 11, 1), "assess")
    assert stage.dues().get(4) is None, "nothing has changed: asking again would be refused again"
    stage.tick(date(2021, 7, 1), "assess")
    assert stage.dues()[4] == ("accepted", 83000, 0)


def test_after_a_reversal_a_new_due_is_asked_for(stage: Stage) -> None:
    voucher = stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    stage.reverse(voucher, 2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "assess", "assess")
    assert stage.dues() == {1: ("accepted", 28000, 0), 2: ("void", 28000, 0), 3: ("accepted", 28000, 0)}
    stage.pay(3, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "assess")
    assert stage.dues()[3] == ("paid", 28000, 28000)
