"""Somebody recognised in one area and enrolled in another: the area of recognition asks, decides and pays (R17)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from config.areas import load_areas
from tests.adapters.bureau.reading import ACCOUNT, APPLICATION, ENROLMENT, FLAG, lines_of
from tests.worker.handoff.two_houses import CASE, House, Pair, two_houses
from worker.assistance.reclaim import ask as ask_back
from worker.assistance.reclaim import review
from worker.assistance.repay import repay
from worker.handoff.author import CannotStep
from worker.handoff.claims import claim, decide
from worker.handoff.listing import OPEN_CASES
from worker.report.held import LISTS

RECOGNISED, ENROLLED = "220106", "220104"
NOVEMBER, DECEMBER, LATER = date(2021, 11, 3), date(2021, 12, 1), date(2021, 12, 5)
ZHANG = ENROLMENT | {
    "person_no": "2201040000000001", "area": ENROLLED, "town": "前进街道", "household_area": ENROLLED,
    "insured_year": "2022",
}  # fmt: skip


@pytest.fixture
def pair(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pair]:
    """Zhang receives the minimum living allowance of Lüyuan and is enrolled in Chaoyang: the full premium is asked."""
    with two_houses(new_database, tmp_path, monkeypatch, (RECOGNISED, ENROLLED), 2022, paid=None) as both:
        flag = FLAG | {"area": RECOGNISED, "recognised_on": "2021-03-01"}
        assert both.origin.desk.take(lines_of(flag), day=NOVEMBER).quarantined == 0
        assert both.intended.desk.take(lines_of(ZHANG), day=NOVEMBER).quarantined == 0
        both.intended.tick(NOVEMBER, "assess")
        both.origin.day = NOVEMBER
        yield both
        both.hold()


def ask(pair: Pair, number: int = 1) -> None:
    pair.origin.act(
        lambda c, h, d, k: claim(c, h, ZHANG["cert_no"], ENROLLED, d, UUID(CASE.format(number)), d, k), clerk="chen"
    )


def judge(pair: Pair, clerk: str = "zhou") -> None:
    pair.origin.act(lambda c, h, d, k: decide(c, h, CASE.format(1), d, k), clerk=clerk)


def granted(pair: Pair) -> list[tuple[str, int, str]]:
    """Source, fen and state of what the area of recognition pays."""
    return pair.origin.desk.rows("SELECT source, amount, state FROM assistance ORDER BY id")  # type: ignore[return-value]


def remarks(pair: Pair) -> str:
    """What the list of cases says of them."""
    with pair.origin.house.engine.connect() as connection:
        values = {"today": DECEMBER, "closed": False, "overdue": False, "limit": 9}
        return "; ".join(row.remark or "" for row in connection.execute(text(OPEN_CASES), values))


def account_comes(pair: Pair, number: str) -> None:
    """The bank's list tells an account of Zhang's to the area of recognition."""
    assert pair.origin.desk.take(lines_of(ACCOUNT | {"account_no": number}), day=DECEMBER).quarantined == 0


def pay(pair: Pair) -> None:
    due = pair.intended.desk.one("SELECT id FROM due WHERE insurance = 'resident_medical' AND current")
    pair.intended.pay(due, DECEMBER)
    pair.intended.tick(DECEMBER, "pull_payments", "handoffs")
    pair.origin.day = DECEMBER


def test_what_is_paid_there_is_assisted_here_once_and_both_know_it(pair: Pair) -> None:
    assert pair.intended.desk.one("SELECT max(amount) FROM due WHERE insurance = 'resident_medical'") == 36000
    ask(pair)
    pair.intended.tick(NOVEMBER, "handoffs")
    assert pair.origin.case() == ("claimed", 1, ENROLLED), "nothing is confirmed before it is paid"
    pay(pair)
    assert pair.origin.case() == pair.intended.case() == ("confirmed", 2, RECOGNISED)
    with pytest.raises(CannotStep, match="another person"):
        judge(pair, clerk="chen")
    judge(pair)
    assert granted(pair) == [
        ("medical_assistance", 13000, "granted"), ("municipal_fiscal", 7000, "granted"),
        ("district_fiscal", 7000, "granted"),
    ]  # fmt: skip
    pair.origin.tick(DECEMBER, "disburse", "handoffs")
    assert {state for *_, state in granted(pair)} == {"held"}, "nobody knows an account of theirs"
    assert "pay-out held: no_account" in remarks(pair)
    account_comes(pair, "6217001000000000001")
    pair.origin.tick(DECEMBER, "disburse")
    returned, *others = list(pair.origin.treasury.orders)
    pair.origin.result(returned, "returned", "account_missing")
    for order in others:
        pair.origin.result(order)
    pair.origin.tick(DECEMBER, "pull_results", "handoffs")
    assert pair.origin.case() == ("granted", 3, RECOGNISED), "what the bank sent back is not paid"
    assert "pay-out held: account_missing" in remarks(pair)
    account_comes(pair, "6217001000000000002")
    pair.origin.tick(DECEMBER, "disburse")
    (again,) = set(pair.origin.treasury.orders) - {returned, *others}
    pair.origin.result(again, executed_on="2021-12-09")
    pair.origin.tick(DECEMBER, "pull_results", "handoffs")
    assert pair.intended.case() == ("assisted", 4, ENROLLED)
    assert pair.intended.desk.one("SELECT facts->>'refunded_on' FROM handoff_step WHERE what = 'assisted'") == (
        "2021-12-09"
    )
    pair.origin.tick(date(2022, 1, 3), "funds")
    claimed = pair.origin.desk.rows("SELECT source, claimed FROM fund_statement ORDER BY id")
    assert sorted(claimed) == [("district_fiscal", 7000), ("medical_assistance", 13000), ("municipal_fiscal", 7000)]
    pair.intended.tick(DECEMBER, "handoffs")
    assert pair.origin.case() == pair.intended.case() == ("closed", 5, None)
    with pytest.raises(CannotStep, match="claimed already"):
        ask(pair, 2)


def test_somebody_without_an_identity_here_cannot_be_claimed_for(pair: Pair) -> None:
    gone = FLAG | {"area": RECOGNISED, "recognised_on": "2021-03-01", "revoked_on": "2021-10-31"}
    pair.origin.desk.take(lines_of(gone), day=date(2021, 11, 4))
    with pytest.raises(CannotStep, match="no identity"):
        ask(pair)


def test_an_identity_that_ended_before_the_payment_is_declined(pair: Pair) -> None:
    ask(pair)
    pay(pair)
    gone = FLAG | {"area": RECOGNISED, "recognised_on": "2021-03-01", "revoked_on": "2021-11-10"}
    pair.origin.desk.take(lines_of(gone), day=DECEMBER)
    judge(pair)
    assert pair.intended.case() == ("declined", 3, None)


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


@contextmanager
def confirmed(
    new_database: Callable[[], AbstractContextManager[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    recognised: str,
    enrolled: str,
    year: int,
) -> Iterator[Pair]:
    """A claim that waits for the decision of ``recognised``: Zhang has paid in ``enrolled`` for ``year``."""
    asked, paid = date(year - 1, 11, 3), date(year - 1, 12, 1)
    there = ZHANG | {
        "person_no": f"{enrolled}0000000001", "area": enrolled, "household_area": enrolled, "insured_year": str(year),
        "town": load_areas()[enrolled].towns[0].name,
    }  # fmt: skip
    with two_houses(new_database, tmp_path, monkeypatch, (recognised, enrolled), year, paid=None) as both:
        flag = FLAG | {"area": recognised, "recognised_on": f"{year - 1}-03-01"}
        assert both.origin.desk.take(lines_of(flag), day=asked).quarantined == 0
        assert both.intended.desk.take(lines_of(there), day=asked).quarantined == 0
        both.intended.tick(asked, "assess")
        both.origin.day = asked
        both.origin.act(
            lambda c, h, d, k: claim(c, h, there["cert_no"], enrolled, d, UUID(CASE.format(1)), d, k), clerk="chen"
        )
        both.intended.pay(both.intended.desk.one("SELECT id FROM due WHERE insurance = 'resident_medical'"), paid)
        both.intended.tick(paid, "pull_payments", "handoffs")
        both.origin.day = paid
        yield both
        both.hold()


def test_what_the_notice_leaves_to_the_area_of_enrolment_is_asked_of_its_parameters(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """jilin-2023: 130 yuan for somebody enrolled in Nong'an, which has set whether long-term care is levied."""
    with confirmed(new_database, tmp_path, monkeypatch, "220183", "220122", 2023) as both:
        judge(both)
        assert granted(both) == [("medical_assistance", 13000, "granted")]


def test_parameters_of_another_notice_are_not_read_under_ours(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shiquan's notice does not speak of Ningxiang, whose parameters complete hunan-2021: a clerk is told so."""
    with confirmed(new_database, tmp_path, monkeypatch, "610922", "430124", 2021) as both:
        with pytest.raises(CannotStep, match="shiquan-2021 does not settle this"):
            judge(both)
        assert granted(both) == []
