"""Who is assisted on a claim is assisted once: on the claim or as enrolled, here or there."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest

from config.areas import load_areas
from tests.adapters.bureau.reading import APPLICATION, FLAG, lines_of
from tests.worker.handoff.claiming import (
    DECEMBER,
    ENROLLED,
    LATER,
    NOVEMBER,
    RECOGNISED,
    ZHANG,
    account_comes,
    ask,
    granted,
    judge,
    pay,
    recognised_and_enrolled,
    remarks,
)
from tests.worker.handoff.two_houses import House, Pair
from worker.assistance.reclaim import ask as ask_back
from worker.assistance.reclaim import review
from worker.assistance.repay import repay
from worker.report.held import LISTS


@pytest.fixture
def pair(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pair]:
    with recognised_and_enrolled(new_database, tmp_path, monkeypatch) as both:
        yield both


def test_whom_the_area_of_recognition_assists_is_not_assisted_where_they_are_enrolled(pair: Pair) -> None:
    ask(pair)
    pay(pair)
    recognised_there(pair, "2021-12-03")
    judge(pair)
    assert pair.intended.case() == ("granted", 3, RECOGNISED)
    assert there(pair) == {"granted"}, "the list came between our answer and the other area's decision"
    pair.intended.tick(LATER, "assess")
    assert there(pair) == {"cancelled"}, "it had not left yet"
    assert pair.intended.desk.facts("assistance.withheld")[0]["because"] == "assisted_elsewhere"
    pair.intended.tick(LATER, "disburse")
    assert pair.intended.treasury.orders == {}


def test_whom_we_assist_as_enrolled_here_gets_nothing_on_a_claim(pair: Pair) -> None:
    ask(pair)
    recognised_there(pair, "2021-11-20")
    pay(pair)
    assert there(pair) == {"applied", "granted"}
    judge(pair)
    assert pair.origin.case() == pair.intended.case() == ("declined", 3, None)
    assert granted(pair) == []


def test_who_is_assisted_on_a_claim_is_given_nothing_as_enrolled_here(pair: Pair) -> None:
    ask(pair)
    pay(pair)
    judge(pair)
    enrolled_here_too(pair)
    assert {state for *_, state in granted(pair)} == {"granted"}
    assert len(granted(pair)) == 3, "those of the claim"
    withheld = pair.origin.desk.facts("assistance.withheld")
    assert {(one["source"], one["because"]) for one in withheld} >= {("medical_assistance", "assisted_elsewhere")}
    assert [(row[2], row[4], row[5]) for row in pair.origin.desk.rows(LISTS["twice"].sql)] == [
        ("2201060000000001", "medical_assistance", 13000)
    ], "their levy here was netted by what no fund stands in for"


def test_what_netted_a_levy_here_beside_our_claim_ends_when_the_claim_is_repaid(pair: Pair) -> None:
    """All shares are asked back; then the funds stand in here, once, and the list is empty."""
    account_comes(pair, "6217001000000000001")
    ask(pair)
    pay(pair)
    judge(pair)
    pair.origin.tick(DECEMBER, "disburse")
    for order in list(pair.origin.treasury.orders):
        pair.origin.result(order)
    pair.origin.tick(DECEMBER, "pull_results")
    enrolled_here_too(pair)
    listed = "SELECT assistance, yuan, state FROM ({}) AS t".format(LISTS["twice"].sql)
    for number in (1, 2, 3):
        assert pair.origin.desk.rows(listed) == [(number, 13000, "paid")]
        goes_back(pair.origin, number)
        pair.origin.tick(LATER, "assess")
        pair.origin.assert_books_hold()
    assert pair.origin.desk.rows(listed) == []
    assert sorted(granted(pair)[3:]) == [
        ("district_fiscal", 7000, "granted"), ("medical_assistance", 13000, "applied"),
        ("municipal_fiscal", 7000, "granted"),
    ]  # fmt: skip


def test_what_netted_a_levy_there_beside_our_claim_ends_when_it_is_repaid(pair: Pair) -> None:
    """A list told late that they were recognised there too; it is not given once more after they have repaid it."""
    ask(pair)
    pay(pair)
    place = {"category": "minimum_living_allowance", "area": ENROLLED, "recognised_on": "2021-11-20"}
    assert pair.intended.desk.take(lines_of(FLAG | place), day=LATER).quarantined == 0
    pair.intended.tick(LATER, "assess")
    assert there(pair) >= {"applied"}, "the levy was lowered"
    judge(pair)
    assert pair.intended.case() == ("granted", 3, RECOGNISED)
    listed = "SELECT assistance, yuan, state FROM ({}) AS t".format(LISTS["twice"].sql)
    ((number, yuan, state),) = pair.intended.desk.rows(listed)
    assert (yuan, state) == (13000, "applied")
    goes_back(pair.intended, number)
    with pair.intended.house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE enrolment SET stale = true")
    pair.intended.tick(LATER, "assess")
    assert pair.intended.desk.rows(listed) == []
    assert pair.intended.desk.one("SELECT count(*) FROM assistance WHERE state = 'applied'") == 1


def test_assistance_that_its_fund_has_back_does_not_stand_against_a_claim(pair: Pair) -> None:
    """Zhang paid here too, was assisted, and the bank took the payment back; what was paid out is repaid."""
    account_comes(pair, "6217001000000000001")
    voucher, due = enrolled_here_too(pair)
    pair.origin.tick(DECEMBER, "disburse")
    for order in list(pair.origin.treasury.orders):
        pair.origin.result(order)
    pair.origin.tick(DECEMBER, "pull_results")
    pair.origin.reverse(voucher, due, DECEMBER)
    pair.origin.tick(DECEMBER, "pull_payments")
    assert [state for *_, state in granted(pair)] == ["cancelled", "paid", "paid"]
    for (number,) in pair.origin.desk.rows("SELECT id FROM assistance WHERE state = 'paid' ORDER BY id"):
        goes_back(pair.origin, number)
    ask(pair)
    pay(pair)
    judge(pair)
    assert pair.origin.case() == ("granted", 3, RECOGNISED)
    assert [(amount, state) for _, amount, state in granted(pair)[3:]] == [
        (13000, "granted"), (7000, "granted"), (7000, "granted"),
    ]  # fmt: skip
    assert pair.origin.desk.rows(LISTS["twice"].sql) == []


def test_who_was_assisted_here_before_both_sides_knew_of_the_grant_has_the_claim_held(pair: Pair) -> None:
    ask(pair)
    pay(pair)
    pair.origin.loop.down = True
    judge(pair)
    enrolled_here_too(pair)
    assert [state for *_, state in granted(pair)] == ["applied", "granted", "granted"]
    pair.origin.loop.down = False
    pair.settle()
    assert pair.origin.case() == pair.intended.case() == ("granted", 3, RECOGNISED)
    assert [state for *_, state in granted(pair)] == ["applied", "cancelled", "cancelled"], "what had not left"
    assert "pay-out held: assisted_here" in remarks(pair)
    assert pair.origin.desk.rows(LISTS["twice"].sql) == [], "a claim that pays nothing assists nobody"


def goes_back(house: House, number: int) -> None:
    """Two people ask the grant back, and the person repays it."""
    area, accounts = house.area, house.house.accounts(house.area)
    with house.house.engine.begin() as connection:
        ask_back(connection, area, number, "chen", "one too many", DECEMBER)
        (event,) = review(connection, accounts, area, number, True, "zhou", "seen", DECEMBER)
        repay(connection, accounts, event.facts["clawback"], event.facts["amount"], f"B{number}", DECEMBER)


def enrolled_here_too(pair: Pair) -> tuple[str, int]:
    """They are on the roster of the area of recognition as well, and pay its net levy: the voucher, and the due."""
    here = {"person_no": "2201060000000001", "area": RECOGNISED, "household_area": RECOGNISED}
    row = ZHANG | here | {"town": load_areas()[RECOGNISED].towns[0].name}
    assert pair.origin.desk.take(lines_of(row), day=DECEMBER).quarantined == 0
    pair.origin.tick(DECEMBER, "assess")
    due = pair.origin.desk.one("SELECT id FROM due WHERE insurance = 'resident_medical' AND current")
    voucher = pair.origin.pay(due, DECEMBER, 23000)
    pair.origin.tick(DECEMBER, "pull_payments")
    return voucher, due


def recognised_there(pair: Pair, day: str) -> None:
    """The area of enrolment recognises them too, and they apply there."""
    day_of_lists = max(date.fromisoformat(day), NOVEMBER)
    place = {"category": "minimum_living_allowance", "area": ENROLLED}
    flag = FLAG | place | {"recognised_on": day}
    applied = APPLICATION | place | {"applied_on": day, "insured_year": "2022"}
    for row in (flag, applied):
        assert pair.intended.desk.take(lines_of(row), day=day_of_lists).quarantined == 0
    pair.intended.tick(day_of_lists, "assess", "assess")  # withdrawn first, then asked for anew


def there(pair: Pair) -> set[str]:
    """States of what the area of enrolment has granted."""
    return {state for (state,) in pair.intended.desk.rows("SELECT state FROM assistance")}
