"""An identity that ended after the payment: kept, cancelled or clawed back, as the notice says (jilin-2021, R13)."""

from collections.abc import Iterator
from datetime import date

import pytest
from click.testing import CliRunner

from tests.worker.flows.town import Town
from worker.assistance.repay import NotRepayable, repay
from worker.cli.clawback import command
from worker.report.case import read_case
from worker.report.telling import told

OPENS, PAYS, ENDS, TOLD = date(2020, 10, 9), date(2020, 11, 2), "2020-12-10", date(2020, 12, 20)
HELD = ("低保", "2019-03-01")


@pytest.fixture
def jiaohe(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Somebody with the minimum living allowance who has paid 320 yuan; 130 yuan follow the payment."""
    town = Town.of(monkeypatch, "220281", 2021)
    town.enrol(1, OPENS)
    town.flag(1, *HELD, day=OPENS)
    town.tick(OPENS, "assess")
    town.pay(1, PAYS)
    town.tick(PAYS, "pull_payments")
    assert [row[3:] for row in town.assistance(1)] == [(13000, "granted")]
    yield town
    town.assert_books_hold()
    town.house.engine.dispose()


def back(town: Town, amount: int, voucher: str, day: date = date(2021, 2, 1)) -> list[str]:
    with town.house.engine.begin() as connection:
        events = repay(connection, town.house.accounts(town.area), 1, amount, voucher, day)
    return [event.action for event in events]


def test_what_has_not_left_is_cancelled(jiaohe: Town) -> None:
    jiaohe.flag(1, *HELD, day=TOLD, revoked_on=ENDS)
    jiaohe.tick(TOLD, "assess", "assess")
    assert jiaohe.assistance(1) == []
    assert jiaohe.balance("fund_claim") == 0
    jiaohe.tick(date(2021, 1, 5), "assess")
    assert jiaohe.assistance(1) == [], "it is not granted again"


def test_what_was_received_is_clawed_back_and_cover_held_until_the_last_fen(jiaohe: Town) -> None:
    jiaohe.pay_out(PAYS)
    jiaohe.flag(1, *HELD, day=TOLD, revoked_on=ENDS)
    jiaohe.tick(TOLD, "assess", "assess")
    assert jiaohe.desk.rows("SELECT amount, repaid, source, category FROM clawback") == [
        (13000, 0, "medical_assistance", "minimum_living_allowance")
    ]
    assert jiaohe.desk.one("SELECT held_from FROM enrolment") == date(2021, 1, 1), "from its first day"
    assert (jiaohe.balance("clawback_receivable"), jiaohe.balance("owed_to_fund")) == (13000, -13000)
    assert back(jiaohe, 3000, "B1") == ["clawback.repaid"]
    assert back(jiaohe, 3000, "B1") == [], "the same voucher again"
    with pytest.raises(NotRepayable, match=r"100\.00 yuan are still owed"):
        back(jiaohe, 10001, "B2")
    with pytest.raises(NotRepayable, match=r"booked already, of 30\.00 yuan"):
        back(jiaohe, 4000, "B1")
    assert back(jiaohe, 10000, "B2") == ["clawback.repaid", "cover.released"]
    assert jiaohe.desk.one("SELECT held_from FROM enrolment") is None
    assert (jiaohe.balance("clawback_receivable"), jiaohe.balance("recovered")) == (0, 13000)


def test_what_is_under_way_is_waited_for(jiaohe: Town) -> None:
    jiaohe.tick(PAYS, "disburse")
    jiaohe.flag(1, *HELD, day=TOLD, revoked_on=ENDS)
    jiaohe.tick(TOLD, "assess")
    assert jiaohe.desk.one("SELECT count(*) FROM clawback") == 0
    jiaohe.pay_out(TOLD)
    jiaohe.tick(TOLD, "assess")
    assert jiaohe.desk.one("SELECT amount FROM clawback") == 13000


def test_what_ends_in_the_insured_year_is_kept(jiaohe: Town) -> None:
    jiaohe.pay_out(PAYS)
    jiaohe.flag(1, *HELD, day=date(2021, 2, 1), revoked_on="2021-01-15")
    jiaohe.tick(date(2021, 2, 1), "assess")
    assert [row[3:] for row in jiaohe.assistance(1)] == [(13000, "paid")]
    assert jiaohe.desk.one("SELECT count(*) FROM clawback") == 0


def test_another_identity_that_is_held_still_assists(jiaohe: Town) -> None:
    jiaohe.pay_out(PAYS)
    jiaohe.flag(1, "建档立卡", "2019-05-01", day=TOLD)
    jiaohe.flag(1, *HELD, day=TOLD, revoked_on=ENDS)
    jiaohe.tick(TOLD, "assess")
    assert jiaohe.desk.one("SELECT amount FROM clawback") == 13000
    assert [(row[0], row[3], row[4]) for row in jiaohe.assistance(1)][1:] == [("registered_poor", 13000, "granted")]


def test_nothing_more_is_paid_out_until_the_last_fen_is_repaid(jiaohe: Town) -> None:
    jiaohe.pay_out(PAYS)
    jiaohe.flag(1, "建档立卡", "2019-05-01", day=TOLD)
    jiaohe.flag(1, *HELD, day=TOLD, revoked_on=ENDS)
    jiaohe.tick(TOLD, "assess", "disburse", "disburse")
    assert jiaohe.desk.rows("SELECT state, held_because FROM assistance ORDER BY id") == [
        ("paid", None),
        ("held", "cover_held"),
    ]
    with jiaohe.house.engine.connect() as connection:
        case = read_case(connection, jiaohe.house.vault, "P000000000000001")
    assert case is not None
    assert "held 暂停待遇 from 2021-01-01 until assistance is repaid" in case.now[0]
    assert case.now[-1].endswith("assistance of theirs has still to be repaid; it is ordered when the cover runs again")
    back(jiaohe, 13000, "B1")
    jiaohe.tick(TOLD, "disburse")
    assert len(jiaohe.treasury.orders) == 2


def test_an_identity_that_is_held_again_has_not_ended(jiaohe: Town) -> None:
    jiaohe.pay_out(PAYS)
    jiaohe.flag(1, *HELD, day=TOLD, revoked_on=ENDS)
    jiaohe.flag(1, "低保", ENDS, day=TOLD)
    jiaohe.tick(TOLD, "assess")
    assert jiaohe.desk.one("SELECT count(*) FROM clawback") == 0


def test_where_the_notice_says_nothing_a_person_has_to_rule(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town.of(monkeypatch, "220183", 2023)
    town.enrol(1, date(2022, 10, 12))
    town.flag(1, "特困", "2019-03-01", day=date(2022, 10, 12))
    town.tick(date(2022, 10, 12), "assess")
    for due in town.dues():
        town.pay(due, date(2022, 11, 2))
    town.tick(date(2022, 11, 2), "pull_payments")
    before = town.assistance(1)
    town.flag(1, "特困", "2019-03-01", day=date(2022, 12, 20), revoked_on="2022-12-10")
    town.tick(date(2022, 12, 20), "assess")
    assert town.assistance(1) == before != []
    assert town.desk.events().count("revocation.undetermined") == 1
    town.assert_books_hold()


def test_the_clerk_books_repayments_on_the_command_line(jiaohe: Town) -> None:
    jiaohe.pay_out(PAYS)
    jiaohe.flag(1, *HELD, day=TOLD, revoked_on=ENDS)
    jiaohe.tick(TOLD, "assess")
    run = CliRunner()
    assert "130.00" in run.invoke(command, ["list"]).output
    booked = ["repaid", "1", "--voucher", "B1", "--on", "2021-02-01", "--amount"]
    assert "30.00 yuan booked; 100.00 yuan are left" in run.invoke(command, [*booked, "30"]).output
    refused = run.invoke(command, ["repaid", "1", "--voucher", "B2", "--on", "2021-02-01", "--amount", "1e2"])
    assert (refused.exit_code, "--amount" in refused.output) == (2, True)
    done = run.invoke(command, ["repaid", "1", "--voucher", "B2", "--on", "2021-02-02", "--amount", "100"])
    assert "the cover runs again" in done.output
    assert run.invoke(command, ["list"]).output == "Nothing is to be repaid.\n"
    with jiaohe.house.engine.connect() as connection:
        case = read_case(connection, jiaohe.house.vault, "P000000000000001")
    assert case is not None
    assert any("are to be repaid" in told(event["action"], event["facts"])[0] for event in case.events)
