"""Somebody recognised in one area and enrolled in another, and what the clerks of both do about a claim."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, FLAG, lines_of
from tests.worker.handoff.two_houses import CASE, Pair, two_houses
from worker.handoff.claims import claim, decide
from worker.handoff.listing import OPEN_CASES

RECOGNISED, ENROLLED = "220106", "220104"
NOVEMBER, DECEMBER, LATER = date(2021, 11, 3), date(2021, 12, 1), date(2021, 12, 5)
ZHANG = ENROLMENT | {
    "person_no": "2201040000000001", "area": ENROLLED, "town": "前进街道", "household_area": ENROLLED,
    "insured_year": "2022",
}  # fmt: skip


@contextmanager
def recognised_and_enrolled(
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
