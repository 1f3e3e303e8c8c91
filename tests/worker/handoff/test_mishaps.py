"""A peer that is down, slow, deaf, answers twice, or comes back from a backup: nothing twice, nothing forgotten."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest

from tests.worker.handoff.looped import Mishap
from tests.worker.handoff.two_houses import CASE, JIAOHE, NOVEMBER, OCTOBER, SHIQUAN, Pair, two_houses
from worker.handoff import acts
from worker.servers import Servers

ROAD: list[Callable[[Pair], None]] = [
    Pair.propose,
    Pair.accept,
    Pair.pay_there,
    Pair.approve,
    lambda pair: (pair.origin.refund_carried_out(), pair.origin.tick(date(2020, 12, 1), "handoffs")),
    lambda pair: pair.intended.tick(date(2020, 12, 2), "handoffs"),
]  # type: ignore[list-item]
"""The steps of a case in order; each leaves the pair where the next can begin."""


def to_the_end(pair: Pair, start: int = 0) -> None:
    for step in ROAD[start:]:
        step(pair)
        pair.settle()


@pytest.mark.parametrize("mishap", ["down", "lost", "slow", "twice"])
def test_every_message_may_fail_once_and_the_case_ends_as_ever(pair: Pair, mishap: Mishap) -> None:
    for step in ROAD:
        for house in pair.both:
            house.loop.mishaps.append(mishap)
        step(pair)
        pair.settle()
        pair.hold()
    assert pair.origin.case() == pair.intended.case() == ("completed", 6, None)
    assert pair.origin.desk.rows("SELECT code, amount FROM transfer WHERE code LIKE 'handoff.%' ORDER BY 1") == [
        ("handoff.closed", 28000),
        ("handoff.opened", 28000),
    ]


def test_a_peer_that_is_down_for_days_hears_of_it_all_when_it_is_back(pair: Pair) -> None:
    pair.propose()
    pair.intended.loop.down = True
    pair.accept()
    assert pair.intended.case() == ("proposed", 1, JIAOHE), "it counts once the other side holds it"
    assert pair.intended.desk.one("SELECT draft->>'what' FROM handoff") == "accepted"
    for _ in range(20):
        pair.intended.again()
    assert pair.intended.desk.one("SELECT state FROM job WHERE kind = 'handoff'") == "ready", "waiting is no failure"
    pair.intended.loop.down = False
    pair.intended.again()
    assert pair.origin.case() == pair.intended.case() == ("accepted", 2, JIAOHE)
    to_the_end(pair, 2)


@pytest.mark.parametrize("side", [SHIQUAN, JIAOHE])
def test_a_side_that_is_put_back_before_each_step_catches_up_each_time(pair: Pair, servers: Servers, side: str) -> None:
    house = next(one for one in pair.both if one.area == side)
    for step in ROAD:
        copy = house.backed_up(servers)
        step(pair)
        reached = house.case()
        house.restored(servers, copy)
        house.tick(house.day, "refunds", "pull_payments")  # as after any restore: what is its own is done first
        pair.settle()
        pair.hold()
        assert house.case()[1] >= reached[1], "whatever was reached is there again"
    assert pair.origin.case() == pair.intended.case() == ("completed", 6, None)


@pytest.mark.parametrize("side", [SHIQUAN, JIAOHE])
def test_a_side_that_has_lost_the_whole_case_is_told_it_from_the_first_step(
    pair: Pair, servers: Servers, side: str
) -> None:
    house = next(one for one in pair.both if one.area == side)
    copy = house.backed_up(servers)
    for step in ROAD[:4]:
        step(pair)
    house.restored(servers, copy)
    house.tick(house.day, "pull_payments")
    pair.settle()
    pair.hold()
    assert house.case() == ("approved", 4, SHIQUAN)
    to_the_end(pair, 4)
    assert pair.origin.case() == pair.intended.case() == ("completed", 6, None)
    assert pair.origin.in_transit() == 0


def test_a_step_taken_otherwise_after_a_restore_is_overtaken_by_what_both_had_agreed(
    pair: Pair, servers: Servers
) -> None:
    pair.propose()
    copy = pair.intended.backed_up(servers)
    pair.accept()
    pair.intended.restored(servers, copy)
    pair.intended.act(lambda c, h, d, k: acts.refuse(c, h, CASE.format(1), "not ours", d, k))
    assert pair.intended.case() == pair.origin.case() == ("accepted", 2, JIAOHE)
    assert pair.intended.desk.facts("handoff.overtaken") == [
        {"case": CASE.format(1), "what": "refused", "by": "accepted"}
    ]


def test_a_case_of_ours_whose_payment_is_not_in_the_book_yet_waits_for_it(
    new_database: Callable[[], AbstractContextManager[str]],
    servers: Servers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with two_houses(new_database, tmp_path, monkeypatch, paid=False) as pair:
        copy = pair.origin.backed_up(servers)
        pair.pay_here()
        pair.propose()
        pair.accept()
        pair.origin.restored(servers, copy)
        pair.intended.tick(NOVEMBER, "handoffs")
        assert pair.origin.case() == ("unknown", 0, None)
        waits = "SELECT outcome->>'reason' FROM job WHERE state = 'ready' AND kind = 'handoff'"
        assert "503 (not_yet)" in pair.intended.desk.one(waits)
        pair.origin.tick(OCTOBER, "pull_payments")
        pair.settle()
        pair.hold()
        assert pair.origin.case() == ("accepted", 2, JIAOHE)
        assert pair.origin.in_transit() == 28000
