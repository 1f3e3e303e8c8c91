"""Somebody recognised in one area and enrolled in another: the area of recognition asks, decides and pays (R17)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from config.areas import load_areas
from tests.adapters.bureau.reading import FLAG, lines_of
from tests.worker.handoff.claiming import (
    DECEMBER,
    ENROLLED,
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
from tests.worker.handoff.two_houses import CASE, Pair, two_houses
from worker.handoff.author import CannotStep
from worker.handoff.claims import claim


@pytest.fixture
def pair(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pair]:
    with recognised_and_enrolled(new_database, tmp_path, monkeypatch) as both:
        yield both


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
