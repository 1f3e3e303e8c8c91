"""Somebody recognised in one area and enrolled in another: the area of recognition asks, decides and pays (R17)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from tests.adapters.bureau.reading import ENROLMENT, FLAG, lines_of
from tests.worker.handoff.two_houses import CASE, Pair, two_houses
from worker.handoff.assisted import assisted_elsewhere
from worker.handoff.author import CannotStep
from worker.handoff.claims import claim, decide, paid_out

RECOGNISED, ENROLLED = "220106", "220104"
NOVEMBER, DECEMBER = date(2021, 11, 3), date(2021, 12, 1)
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


def pay(pair: Pair) -> None:
    due = pair.intended.desk.one("SELECT id FROM due WHERE insurance = 'resident_medical'")
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
    granted = pair.origin.desk.one("SELECT facts->'assisted' FROM handoff_step WHERE what = 'granted'")
    assert granted == [
        {"source": "medical_assistance", "amount": 13000},
        {"source": "municipal_fiscal", "amount": 7000},
        {"source": "district_fiscal", "amount": 7000},
    ]
    pair.origin.act(lambda c, h, d, _: paid_out(c, h, CASE.format(1), d, d))
    assert pair.intended.case() == ("assisted", 4, ENROLLED)
    pair.intended.tick(DECEMBER, "handoffs")
    assert pair.origin.case() == pair.intended.case() == ("closed", 5, None)
    with pair.intended.house.engine.connect() as connection:
        assert assisted_elsewhere(connection, [1, 2], 2022) == {1: 27000}
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
