"""What a fund is asked for stands on one statement, once; what falls away or comes back is deducted on a later one."""

from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from tests.worker.flows.town import Town
from tests.worker.funds.claims import CLERK, booked, drawn, number, paid, statements, taken_back
from worker.assistance.repay import repay
from worker.funds.draw import NotDrawable
from worker.funds.period import NoPeriod, parse_period
from worker.funds.settle import NotSettled
from worker.refunds.apply import Application, apply
from worker.refunds.decide import decide_cases
from worker.refunds.review import review

LIST, TOLD = ("低保", "2019-03-01"), date(2020, 12, 20)
PAID_ON, DECEMBER, JANUARY, MARCH = date(2020, 11, 2), date(2020, 12, 1), date(2021, 1, 1), date(2021, 3, 1)


def test_net_and_gross_assistance_of_one_person_is_claimed_from_three_funds_by_clause(changchun: Town) -> None:
    changchun.tick(date(2021, 12, 1), "funds")
    assert statements(changchun) == [
        ("district_fiscal", "2021-11-01", 7000, 0, 0, "drawn"),
        ("medical_assistance", "2021-11-01", 13000, 0, 0, "drawn"),
        ("municipal_fiscal", "2021-11-01", 7000, 0, 0, "drawn"),
    ]
    lines = "SELECT category, clauses, standard, amount FROM fund_statement_line ORDER BY statement_id"
    assert changchun.desk.rows(lines) == [
        ("minimum_living_allowance", "四(二)", 36000, 7000),
        ("minimum_living_allowance", "四(一)", 36000, 13000),
        ("minimum_living_allowance", "四(二)", 36000, 7000),
    ]
    assert changchun.balance("fund_claim") == 27000


def test_drawing_again_by_tick_or_by_hand_draws_nothing(jiaohe: Town) -> None:
    for _ in range(2):
        jiaohe.tick(DECEMBER, "funds")
    assert drawn(jiaohe, "2020-11", DECEMBER) == []
    assert drawn(jiaohe, "2020-11-01..2020-11-30", TOLD) == []
    assert [row[2] for row in statements(jiaohe)] == [13000]
    assert jiaohe.desk.rows("SELECT count(*) FROM job WHERE kind = 'draw_funds'") == [(1,)], "asked for once"


def a_second_person_pays(town: Town, pays: date, booked_on: date) -> None:
    town.enrol(2, date(2020, 10, 10))
    town.flag(2, *LIST, day=date(2020, 10, 10))
    town.tick(date(2020, 10, 10), "assess")
    town.pay(2, pays)
    town.tick(booked_on, "pull_payments")


def test_months_that_nobody_drew_are_drawn_each_for_itself(jiaohe: Town) -> None:
    a_second_person_pays(jiaohe, date(2020, 12, 10), date(2020, 12, 10))
    jiaohe.tick(MARCH, "funds")
    assert statements(jiaohe) == [
        ("medical_assistance", "2020-11-01", 13000, 0, 0, "drawn"),
        ("medical_assistance", "2020-12-01", 13000, 0, 0, "drawn"),
    ]


def test_a_grant_booked_late_goes_on_the_next_statement(jiaohe: Town) -> None:
    jiaohe.tick(DECEMBER, "funds")
    a_second_person_pays(jiaohe, date(2020, 11, 29), date(2020, 11, 30))
    assert drawn(jiaohe, "2020-11", DECEMBER) == [], "its statement stands"
    jiaohe.tick(JANUARY, "funds")
    assert [row[1:3] for row in statements(jiaohe)] == [("2020-11-01", 13000), ("2020-12-01", 13000)]


def test_one_fund_alone_may_be_asked(changchun: Town) -> None:
    assert drawn(changchun, "2021-11", date(2021, 12, 1), "municipal_fiscal") == ["funds.drawn"]
    assert len(drawn(changchun, "2021-11", date(2021, 12, 1))) == 2


def test_a_levy_netted_to_nothing_is_claimed_with_its_standard(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town.of(monkeypatch, "430124", 2021)
    town.enrol(1, date(2020, 9, 2))
    town.flag(1, "特困", "2020-03-01", day=date(2020, 9, 2))
    town.tick(date(2020, 9, 3), "assess")
    town.tick(date(2020, 10, 1), "funds")
    assert town.desk.rows("SELECT amount, standard, clauses FROM fund_statement_line") == [
        (28000, 28000, "二(四)、三(二)")
    ]
    town.assert_books_hold()


def test_what_is_cancelled_after_it_was_claimed_is_deducted_and_the_old_statement_stays(jiaohe: Town) -> None:
    jiaohe.tick(DECEMBER, "funds")
    paid(jiaohe, number(jiaohe, 0), 13000, "CZ-1", DECEMBER)
    jiaohe.flag(1, *LIST, day=TOLD, revoked_on="2020-12-10")
    jiaohe.tick(TOLD, "assess", "assess")
    assert jiaohe.balance("fund_claim") == -13000, "paid for what nobody is owed any more"
    jiaohe.tick(JANUARY, "funds")
    assert statements(jiaohe) == [
        ("medical_assistance", "2020-11-01", 13000, 0, 13000, "settled"),
        ("medical_assistance", "2020-12-01", 0, 13000, 0, "drawn"),
    ]
    jiaohe.assert_books_hold()
    assert drawn(jiaohe, "2021-01", MARCH) == [], "it is deducted once"
    assert paid(jiaohe, number(jiaohe, 1), 13000, "CZ-2", JANUARY) == ["funds.given_back"]
    assert (jiaohe.balance("fund_claim"), jiaohe.balance("funds_received")) == (0, 0)


def test_what_is_cancelled_before_it_was_claimed_is_never_claimed(jiaohe: Town) -> None:
    jiaohe.flag(1, *LIST, day=TOLD, revoked_on="2020-12-10")
    jiaohe.tick(TOLD, "assess", "assess")
    jiaohe.tick(JANUARY, "funds")
    assert statements(jiaohe) == []


def test_what_a_person_repays_is_deducted_once_it_is_there(jiaohe: Town) -> None:
    jiaohe.tick(DECEMBER, "funds")
    jiaohe.pay_out(DECEMBER)
    jiaohe.flag(1, *LIST, day=TOLD, revoked_on="2020-12-10")
    jiaohe.tick(TOLD, "assess", "assess")
    jiaohe.tick(JANUARY, "funds")
    assert len(statements(jiaohe)) == 1, "asked back is not given back"
    accounts = jiaohe.house.accounts(jiaohe.area)
    booked(jiaohe, JANUARY, lambda link: repay(link, accounts, 1, 9000, "R1", date(2021, 1, 20)))
    jiaohe.tick(date(2021, 2, 1), "funds")
    assert statements(jiaohe)[1] == ("medical_assistance", "2021-01-01", 0, 9000, 0, "drawn")
    assert jiaohe.desk.one("SELECT clauses FROM fund_statement_line WHERE kind = 'repaid'") != ""
    assert (jiaohe.balance("fund_claim"), jiaohe.balance("owed_to_fund")) == (4000, -4000)


def test_the_assisted_share_of_a_refund_is_deducted(jiaohe: Town) -> None:
    jiaohe.pay_out(PAID_ON)
    jiaohe.tick(DECEMBER, "funds")
    house, day = jiaohe.house, date(2020, 12, 5)
    asked = Application(1, "joined_employee_scheme", day, date(2020, 12, 2), False, False)
    with house.engine.begin() as connection:
        applied = apply(connection, jiaohe.area, 2021, [asked], CLERK)
    booked(jiaohe, day, lambda link: applied.events + decide_cases(link, house.law.notice, applied.cases))
    accounts = house.accounts(jiaohe.area)
    booked(
        jiaohe, day,
        lambda link: review(link, accounts, house.law.notice, day, applied.cases, True, "吴", "已核").events,
    )  # fmt: skip
    jiaohe.tick(JANUARY, "funds")
    assert statements(jiaohe)[1] == ("medical_assistance", "2020-12-01", 0, 13000, 0, "drawn")
    found = "SELECT kind, category, amount FROM fund_statement_line WHERE amount < 0"
    assert jiaohe.desk.rows(found) == [("refunded", "minimum_living_allowance", -13000)]
    assert (jiaohe.balance("fund_claim"), jiaohe.balance("owed_to_fund")) == (0, 0)


def test_partial_settlements_add_up_and_more_is_refused(jiaohe: Town) -> None:
    jiaohe.tick(DECEMBER, "funds")
    one = number(jiaohe, 0)
    assert paid(jiaohe, one, 5000, "CZ-1", DECEMBER) == ["funds.settled"]
    assert paid(jiaohe, one, 5000, "CZ-1", DECEMBER) == [], "the same voucher again changes nothing"
    assert statements(jiaohe)[0][4:] == (5000, "partly_settled")
    for amount, voucher, why in (
        (9000, "CZ-2", "80.00 yuan are open, not 90.00"),
        (0, "CZ-2", "80.00 yuan are open, not 0.00"),
        (4000, "CZ-1", "voucher CZ-1 is booked already, of 50.00 yuan"),
    ):
        with pytest.raises(NotSettled, match=why):
            paid(jiaohe, one, amount, voucher, DECEMBER)
    with pytest.raises(NotSettled, match="drawn on 2020-12-01"):
        paid(jiaohe, one, 8000, "CZ-2", date(2020, 11, 30))
    with pytest.raises(NotSettled, match="no statement 1-2-3"):
        paid(jiaohe, "1-2-3", 8000, "CZ-2", DECEMBER)
    assert paid(jiaohe, one, 8000, "CZ-2", TOLD) == ["funds.settled"]
    assert statements(jiaohe)[0][4:] == (13000, "settled")
    assert (jiaohe.balance("fund_claim"), jiaohe.balance("funds_received")) == (0, 13000)


def test_a_period_is_drawn_when_it_has_ended(jiaohe: Town) -> None:
    with pytest.raises(NotDrawable, match="2020-12 ends on 2020-12-31 and today is 2020-12-20"):
        drawn(jiaohe, "2020-12", TOLD)
    assert drawn(jiaohe, "2020-11-01..2020-12-19", TOLD) == ["funds.drawn"]


@pytest.mark.parametrize("written", ["2020", "2020-13", "2020-11-30..2020-11-01", "2020-11-01", "11/2020"])
def test_what_is_no_period_says_how_one_is_written(written: str) -> None:
    with pytest.raises(NoPeriod, match=r"is no period: write a month as 2020-11|begins after it ends"):
        parse_period(written)


def test_what_stood_on_a_withdrawn_statement_stands_on_the_next(jiaohe: Town) -> None:
    jiaohe.tick(DECEMBER, "funds")
    assert taken_back(jiaohe, number(jiaohe, 0), DECEMBER) == ["funds.withdrawn"]
    jiaohe.assert_books_hold()
    with pytest.raises(NotSettled, match="was withdrawn"):
        paid(jiaohe, number(jiaohe, 0), 13000, "CZ-1", DECEMBER)
    assert drawn(jiaohe, "2020-11", TOLD) == ["funds.drawn"]
    assert [row[5] for row in statements(jiaohe)] == ["withdrawn", "drawn"]
    paid(jiaohe, number(jiaohe, 1), 1, "CZ-1", TOLD)
    with pytest.raises(NotSettled, match="is partly settled: only one that nobody paid"):
        taken_back(jiaohe, number(jiaohe, 1), TOLD)


def test_a_statement_whose_claims_are_deducted_later_is_withdrawn_after_the_later_one(jiaohe: Town) -> None:
    jiaohe.tick(DECEMBER, "funds")
    jiaohe.flag(1, *LIST, day=TOLD, revoked_on="2020-12-10")
    jiaohe.tick(TOLD, "assess", "assess")
    jiaohe.tick(JANUARY, "funds")
    first, second = number(jiaohe, 0), number(jiaohe, 1)
    with pytest.raises(NotSettled, match=f"{second} deducts what {first} claims"):
        taken_back(jiaohe, first, JANUARY)
    taken_back(jiaohe, second, JANUARY)
    jiaohe.assert_books_hold()
    taken_back(jiaohe, first, JANUARY)
    assert drawn(jiaohe, "2020-12", JANUARY) == [], "neither claimed nor deducted any more"


def test_the_database_refuses_a_grant_on_two_statements_and_a_line_that_is_edited(jiaohe: Town) -> None:
    jiaohe.tick(DECEMBER, "funds")
    twice = (
        "INSERT INTO fund_statement_line SELECT 99, kind, subject_id, enrolment_id, person_id, category, rule, clauses,"
        " standard, amount, on_day FROM fund_statement_line"
    )
    edited = "UPDATE fund_statement_line SET amount = 1"
    for statement, why in ((twice, "uq_fund_statement_line_once"), (edited, "never changes")):
        with pytest.raises(IntegrityError, match=why), jiaohe.house.engine.begin() as connection:
            connection.exec_driver_sql(statement)
