"""A premium paid in the wrong area, between two whole installations that talk over HTTP, with everything in its way.

Nothing is paid twice and nothing forgotten, while doors are killed, doze, and databases are put back to yesterday.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.journeys.two_installations import Town, two_towns
from tests.worker.handoff.two_houses import JIAOHE, SHIQUAN, ZHANG_THERE
from worker.handoff import acts
from worker.handoff.propose import Mistake, propose
from worker.servers import Servers

CASE = "00000000-0000-4000-8000-000000000001"
SEPTEMBER, OCTOBER, DECEMBER, LATER = date(2020, 9, 1), date(2020, 10, 15), date(2020, 12, 6), date(2020, 12, 20)


@pytest.fixture
def towns(new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path) -> Iterator[tuple[Town, Town]]:
    with two_towns((SHIQUAN, JIAOHE), new_database, tmp_path) as both:
        yield both


def proposed(connection, house, today, clerk):  # type: ignore[no-untyped-def]
    mistake = Mistake(ENROLMENT["person_no"], JIAOHE, own_fault=False, benefits_used=False, applied_on=today)
    return propose(connection, house, mistake, UUID(CASE), today, clerk)


def agreed(shiquan: Town, jiaohe: Town) -> tuple[object, ...]:
    """What both say of the case, once nothing is under way."""
    for _ in range(2):
        for town in (shiquan, jiaohe):
            town.work(again=True)
            town.live(town.house.clock.today(), "handoffs")
    assert shiquan.case() == jiaohe.case()
    assert shiquan.history() == jiaohe.history()
    shiquan.assert_books_hold()
    jiaohe.assert_books_hold()
    return shiquan.case()


def test_a_wrong_payment_reaches_its_place_whatever_befalls_the_two(towns: tuple[Town, Town], servers: Servers) -> None:
    shiquan, jiaohe = towns
    shiquan.desk.take(lines_of(ENROLMENT))
    jiaohe.desk.take(lines_of(ZHANG_THERE))
    shiquan.live(SEPTEMBER, "assess")
    shiquan.live(OCTOBER, "pull_payments")
    jiaohe.live(OCTOBER, "assess")
    assert shiquan.desk.rows("SELECT state, paid FROM due") == [("paid", 28000)]

    jiaohe.kill_door()  # a peer that is down
    shiquan.act(proposed, clerk="chen")
    assert shiquan.case() == ("opening", 0, SHIQUAN)
    jiaohe.open_door()
    assert agreed(shiquan, jiaohe) == ("proposed", 1, JIAOHE)

    with shiquan.numb():  # a peer that takes the step only after we have given up waiting
        jiaohe.act(acts.accept, CASE, clerk="li")
        assert jiaohe.case() == ("proposed", 1, JIAOHE), "it counts once the other side is known to hold it"
    assert agreed(shiquan, jiaohe) == ("accepted", 2, JIAOHE)
    assert shiquan.desk.one("SELECT amount FROM transfer WHERE code = 'handoff.opened'") == 28000

    copy = jiaohe.backed_up(servers)
    jiaohe.live(DECEMBER, "pull_payments", "handoffs")
    assert agreed(shiquan, jiaohe) == ("paid", 3, SHIQUAN)
    jiaohe.restored(servers, copy)  # a peer that comes back as it was before
    jiaohe.live(DECEMBER, "pull_payments")
    assert agreed(shiquan, jiaohe) == ("paid", 3, SHIQUAN)

    shiquan.act(acts.approve, CASE, clerk="zhou")
    assert agreed(shiquan, jiaohe) == ("approved", 4, SHIQUAN)
    shiquan.live(LATER, "refunds")
    shiquan.live(date(2020, 12, 30), "pull_payments", "handoffs")
    assert shiquan.desk.rows("SELECT state FROM refund_case") == [("refunded",)]
    assert agreed(shiquan, jiaohe) == ("completed", 6, None)
    jiaohe.live(date(2021, 1, 2), "assess")

    assert jiaohe.desk.rows("SELECT benefit_start::text, benefit_end::text FROM enrolment") == [
        ("2021-01-01", "2021-12-31")
    ]
    assert shiquan.desk.rows("SELECT benefit_start FROM enrolment") == [(None,)]
    assert shiquan.tax.book()["paid"] == 0, "what was paid by mistake has been given back, once"
    assert jiaohe.tax.book()["paid"] == jiaohe.desk.one("SELECT paid FROM due"), "and the premium is paid there, once"
    assert "holds the same history" in shiquan.levy("handoff", "show", CASE)
