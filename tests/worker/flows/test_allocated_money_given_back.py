"""Premiums paid with money that had been nobody's are given back like others; tax closes what such money has paid."""

from collections.abc import Iterator
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.adapters.bureau.reading import ACCOUNT, lines_of
from tests.worker.flows.conftest import LI
from tests.worker.flows.refunding import REVIEWER, asked_back, cases, reviewed
from tests.worker.flows.stage import AREA, YEAR, Stage, after
from tests.worker.flows.statements import Statements
from tests.worker.flows.test_what_is_known_later import LATER, NETTED, OPENS, PAYS
from tests.worker.flows.town import Town
from worker.cli import breaks, refund
from worker.dues.reference import due_reference

SEPTEMBER, OCTOBER, NOVEMBER = date(2020, 9, 20), date(2020, 10, 15), date(2020, 11, 1)
NEXT = after(OCTOBER, 1)
LIS_ACCOUNT = ACCOUNT | {"cert_no": LI["cert_no"], "account_name": "李四", "account_no": "6217001000000000002"}


def allocated(stage: Stage, *dues: int, found: int = 1) -> None:
    for due in dues:
        reference = due_reference(AREA, YEAR, due)
        arguments = ["allocate", str(found), "--due", reference, "--reason", "x", "--other-person"]
        said = CliRunner().invoke(breaks.command, arguments)
        assert said.exit_code == 0, said.exception or said.output
    stage.work()


@pytest.fixture
def nobodys(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """600 yuan came under a reference that is not ours: enough for Zhang, Li, and 40 yuan more."""
    Statements(stage).install(monkeypatch)
    stage.pay(1, OCTOBER, 60000, reference="NOBODYS")
    stage.tick(NEXT, "pull_payments", "reconcile")
    return stage


def test_what_two_people_were_given_of_one_payment_goes_back_to_each_and_the_rest_to_who_paid_it(
    nobodys: Stage,
) -> None:
    nobodys.desk.take(lines_of(LIS_ACCOUNT), day=OCTOBER)
    allocated(nobodys, 1, 2)
    nobodys.tick(NEXT, "assess")
    asked_back(nobodys, 1, "wrong_tier", NOVEMBER)
    asked_back(nobodys, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    entered = CliRunner().invoke(refund.command, ["apply", "--voucher", "V1", "--by", "周"])
    assert "40.00 yuan to person" in entered.output, entered.exception
    whole = ["review", "--all", "--count", "3", "--approve", "--by", REVIEWER, "--reason", "已核"]
    assert CliRunner().invoke(refund.command, whole).output == "3 of 3 cases approved.\n"
    nobodys.tick(NOVEMBER, "refunds", "disburse")
    assert sorted((row["voucher_no"], row["amount"]) for row in nobodys.tax.refunds.values()) == [
        ("V1", 4000),
        ("V1", 28000),
    ]
    for reference in nobodys.tax.refunds:
        nobodys.refund(reference, NOVEMBER)
    (order,) = (one for one in nobodys.treasury.orders.values() if one["fund"] == "premium")
    assert (order["payee_name"], order["amount"]) == ("李四", 28000)
    nobodys.result(order["reference"])
    nobodys.tick(NOVEMBER, "pull_payments", "pull_results")
    assert {state for _, state in cases(nobodys)} == {"refunded"}
    assert [state for state, _, _ in nobodys.dues().values()][:2] == ["refunded", "refunded"]
    nobodys.tick(NOVEMBER, "reconcile")
    assert nobodys.desk.rows("SELECT state FROM break_found WHERE side = 'tax'") == [("vanished",)], (
        "nothing of it is nobody's any more"
    )


def test_what_a_due_was_given_can_be_given_back_while_the_rest_goes_to_another_due(nobodys: Stage) -> None:
    allocated(nobodys, 2)
    nobodys.tick(NEXT, "assess")
    asked_back(nobodys, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    assert reviewed(nobodys, 1, NOVEMBER).refused == {}
    allocated(nobodys, 1)
    assert nobodys.dues() == {1: ("paid", 28000, 28000), 2: ("paid", 28000, 28000)}


def test_not_more_than_a_due_was_given_is_given_back_of_it_not_even_past_the_service(nobodys: Stage) -> None:
    allocated(nobodys, 2)
    asked_back(nobodys, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    reviewed(nobodys, 1, NOVEMBER)
    for other in ("'amount', 1", "'due_id', 1", "'due_id', NULL, 'amount', 32001"):
        again = f"jsonb_build_object('id', 99, 'ordinal', 9, {other})"
        with pytest.raises(IntegrityError, match="given back once"), nobodys.house.engine.begin() as connection:
            connection.execute(
                text(f"INSERT INTO refund_item SELECT (jsonb_populate_record(i, {again})).* FROM refund_item i")
            )


def test_tax_is_told_to_close_what_was_paid_otherwise(nobodys: Stage) -> None:
    allocated(nobodys, 1)
    assert nobodys.tax.voided == [due_reference(AREA, YEAR, 1)]
    assert nobodys.dues()[1] == ("paid", 28000, 28000), "to us it is paid"
    assert "due.closed_at_tax" in nobodys.desk.events()


def test_who_had_paid_at_tax_before_it_was_closed_gets_that_back(nobodys: Stage) -> None:
    nobodys.tax.paid_already.add(due_reference(AREA, YEAR, 1))
    nobodys.pay(1, NEXT)
    allocated(nobodys, 1)
    assert "due.closed_at_tax" not in nobodys.desk.events()
    nobodys.tick(NEXT, "pull_payments")
    assert cases(nobodys) == [("overpaid", "decided")]


def test_money_that_pays_a_due_only_in_part_leaves_it_open_at_tax(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    Statements(stage).install(monkeypatch)
    stage.pay(1, OCTOBER, 10000, reference="NOBODYS")
    stage.tick(NEXT, "pull_payments", "reconcile")
    allocated(stage, 1)
    assert (stage.dues()[1], stage.tax.voided) == (("part_paid", 28000, 10000), [])
    stage.pay(1, NEXT)
    stage.tick(NEXT, "pull_payments")
    assert stage.dues()[1] == ("paid", 28000, 28000)
    assert stage.desk.rows("SELECT reason, amount FROM refund_case") == [("overpaid", 10000)], "above what was missing"


def test_a_due_that_was_closed_is_asked_for_anew_when_tax_takes_the_money_back(nobodys: Stage) -> None:
    allocated(nobodys, 1)
    nobodys.tick(NEXT, "assess")
    nobodys.pay(1, NOVEMBER, 60000, reference="NOBODYS", kind="reversal", reverses="V1")
    nobodys.tick(NOVEMBER, "pull_payments", "assess", "assess")
    assert nobodys.dues() == {1: ("void", 28000, 0), 2: ("accepted", 28000, 0), 3: ("accepted", 28000, 0)}


def test_one_case_that_cannot_be_approved_stops_none_of_the_others(stage: Stage) -> None:
    for due in (1, 2, 2, 1):
        stage.pay(due, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    with stage.house.engine.begin() as connection:
        grown = "jsonb_set(decision, '{refund,0,amount}', '28001')"
        connection.execute(text(f"UPDATE refund_case SET decision = {grown} WHERE id = 1"))
    asked_back(stage, 2, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    whole = ["review", "--all", "--count", "3", "--approve", "--by", REVIEWER, "--reason", "已核"]
    told = CliRunner().invoke(refund.command, whole)
    assert (told.exit_code, told.stdout) == (1, "2 of 3 cases approved.\n")
    assert told.stderr.startswith("case 1: what was paid is not there any more, or was given back before")
    assert [state for _, state in cases(stage)] == ["decided", "approved", "approved"]


@pytest.fixture
def changchun(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    town = Town.of(monkeypatch, "220106", 2022)
    town.enrol(1, OPENS)
    yield town
    town.assert_books_hold()
    town.house.engine.dispose()


def test_premium_and_correction_of_one_due_paid_by_two_payments_are_approved_together(changchun: Town) -> None:
    changchun.tick(OPENS, "assess")
    due = next(due for due, (_, amount, _) in changchun.dues().items() if amount == 36000)
    changchun.pay(due, PAYS, 10000)
    changchun.pay(due, PAYS, 26000)
    changchun.tick(PAYS, "pull_payments")
    changchun.flag(1, *NETTED, day=LATER)
    changchun.tick(LATER, "assess")
    reference = changchun.reference(due)
    wrong = ["apply", "--reference", reference, "--reason", "wrong_tier", "--by", "周"]
    assert "230.00 yuan to person" in CliRunner().invoke(refund.command, wrong).output
    whole = ["review", "--all", "--count", "2", "--approve", "--by", REVIEWER, "--reason", "已核"]
    told = CliRunner().invoke(refund.command, whole)
    assert told.output == "2 of 2 cases approved.\n", told.exception
    assert changchun.desk.rows("SELECT payment_id, sum(amount)::int FROM refund_item GROUP BY 1 ORDER BY 1") == [
        (1, 10000),
        (2, 26000),
    ]


def test_money_of_nobody_does_not_cross_from_one_insurance_to_another(
    changchun: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    Statements(changchun).install(monkeypatch)
    changchun.tick(OPENS, "assess")
    care = next(due for due, (_, amount, _) in changchun.dues().items() if amount == 1000)
    changchun.pay(care, PAYS, reference="NOBODYS")
    changchun.tick(after(PAYS, 1), "pull_payments")
    with changchun.house.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO break_found (area, side, period, day, item, kind, ours, opened_on)"
                " VALUES ('220106', 'tax', 'day', '2021-11-02', 'V1', 'unidentified', '{}', '2021-11-03')"
            )
        )
    arguments = ["allocate", "1", "--due", changchun.reference(care), "--reason", "x"]
    said = str(CliRunner().invoke(breaks.command, arguments).exception)
    assert "does not cross from one insurance to another. Give it back (`levy refund apply --voucher V1`)" in said
