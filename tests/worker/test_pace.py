"""All workers together ask no more of a neighbour than it bears, and one that is slow holds one of them, not all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from socket import socket
from threading import Event

import pytest
from sqlalchemy import Engine, text

from adapters.gate import AlwaysOpen, Gate, Passage
from adapters.http import Limits
from adapters.ports import ShutOff
from adapters.tax.client import TaxClient
from config.settings import Neighbour
from tests.adapters.raw_server import raw_server, reply
from worker.jobs.outcome import Outcome
from worker.jobs.queue import NewJob, enqueue
from worker.jobs.run import Runner
from worker.jobs.work import Work
from worker.pace import Crowded, Pace

CALM = Neighbour(connect_seconds=1, read_seconds=20, slow_seconds=5)
DAY = date(2020, 9, 1)


class Shut(AlwaysOpen):
    """A breaker that is open."""

    def admit(self) -> Passage:
        raise ShutOff("left in peace", 9)


def pace(
    engine: Engine, settings: Neighbour = CALM, behind: Gate | None = None, waits: list[float] | None = None
) -> Pace:
    kept = [] if waits is None else waits
    return Pace(engine, "tax", settings, 20, behind or AlwaysOpen(), kept.append)


def one(engine: Engine, query: str) -> object:
    with engine.begin() as connection:
        return connection.execute(text(query)).scalar_one_or_none()


def grow_old(engine: Engine, seconds: int) -> None:
    one(engine, f"UPDATE call SET begun_at = now() - interval '{seconds} s' RETURNING id")


def waiting(engine: Engine, count: int) -> list[int]:
    with engine.begin() as connection:
        jobs = enqueue(connection, [NewJob("push", f"k-{at}", {}, DAY) for at in range(count)])
        connection.execute(
            text(
                "UPDATE job SET waits_for = 'tax', next_attempt_at = now() + interval '9 minutes' WHERE id = ANY(:ids)"
            ),
            {"ids": jobs},
        )
    return jobs


def test_while_a_call_is_slow_no_other_begins_and_its_end_lets_the_oldest_come(engine: Engine) -> None:
    gate = pace(engine, Neighbour(connect_seconds=1, read_seconds=20, slow_seconds=0.001))
    jobs, slow = waiting(engine, 5), gate.admit()
    grow_old(engine, 10)
    with pytest.raises(Crowded, match="tax is slow"):
        gate.look()
    with pytest.raises(Crowded) as told:
        gate.admit()
    assert told.value.neighbour == "tax"
    assert one(engine, "SELECT count(*) FROM call") == 1, "who was put off is not under way"
    gate.told(slow, None)
    gate.look()
    with engine.connect() as connection:
        due = connection.execute(text("SELECT id FROM job WHERE next_attempt_at <= now() ORDER BY id")).scalars().all()
    assert due == jobs[:2]


def test_the_more_wait_the_later_each_comes_by_itself(engine: Engine) -> None:
    gate = pace(engine)
    gate.admit()
    grow_old(engine, 10)
    with pytest.raises(Crowded) as few:
        gate.look()
    assert few.value.retry_after is not None
    assert few.value.retry_after <= 10
    waiting(engine, 5_000)
    with pytest.raises(Crowded) as many:
        gate.look()
    assert many.value.retry_after == 300


def test_whoever_died_in_a_call_stands_in_nobodys_way_for_longer_than_a_call_lasts(engine: Engine) -> None:
    gate = pace(engine)
    gate.admit()
    grow_old(engine, 21)
    gate.told(gate.admit(), None)
    assert one(engine, "SELECT count(*) FROM call") == 0


def test_calls_of_all_workers_together_keep_the_rate(engine: Engine) -> None:
    waits: list[float] = []
    gate = pace(engine, Neighbour(connect_seconds=1, read_seconds=20, calls_per_second=40, slow_calls=100), waits=waits)
    begun = one(engine, "SELECT clock_timestamp()")
    with ThreadPoolExecutor(max_workers=4) as hands:
        passages = [one.result() for one in [hands.submit(gate.admit) for _ in range(24)]]
    assert len({passage.call for passage in passages}) == 24
    with engine.connect() as connection:
        last = connection.execute(text("SELECT next_at - :begun >= interval '600 ms' FROM pace"), {"begun": begun})
        assert last.scalar_one(), "24 calls at 40 a second take up 0.6 s of turns"
    assert all(wait <= 1.1 for wait in waits)


def test_who_would_wait_long_for_a_turn_gives_the_worker_back(engine: Engine) -> None:
    gate = pace(engine, Neighbour(connect_seconds=1, read_seconds=20, calls_per_second=0.1))
    gate.admit()
    with pytest.raises(Crowded) as told:
        gate.look()
    assert told.value.retry_after is not None
    assert told.value.retry_after > 5
    with pytest.raises(Crowded):
        gate.admit()
    assert one(engine, "SELECT count(*) FROM call") == 1


def test_a_call_that_the_breaker_keeps_back_is_not_under_way(engine: Engine) -> None:
    with pytest.raises(ShutOff, match="left in peace"):
        pace(engine, behind=Shut()).admit()
    assert one(engine, "SELECT count(*) FROM call") == 0


@pytest.fixture
def held_up() -> Iterator[tuple[str, Event, Event]]:
    """A tax system that says nothing until it is let."""
    asked, speaks = Event(), Event()

    def answer(connection: socket) -> None:
        asked.set()
        speaks.wait(60)
        connection.sendall(reply("503 Service Unavailable", b"{}"))

    with raw_server(answer) as (url, _):
        yield url, asked, speaks
        speaks.set()


def test_a_slow_tax_system_slows_what_is_pushed_and_nothing_else(
    engine: Engine, held_up: tuple[str, Event, Event]
) -> None:
    url, asked, speaks = held_up
    gate = pace(engine, Neighbour(connect_seconds=1, read_seconds=20, slow_seconds=0.001))
    tax = TaxClient(url, "k" * 16, Limits(connect=1, reply=60, total=60), gate=gate)

    def push(work: Work) -> Outcome | None:
        work.look("tax")
        tax.payments(None, 10)
        raise AssertionError("it says nothing")

    def other(work: Work) -> Outcome | None:
        with work.completing():
            return None

    def runner(name: str) -> Runner:
        return Runner(engine, {"push": push, "other": other}, lambda _: None, name, 30, lambda _: gate.look())

    with engine.begin() as connection:
        first, second, third = enqueue(
            connection, [NewJob("push", "a", {}, DAY), NewJob("push", "b", {}, DAY), NewJob("other", "c", {}, DAY)]
        )
    with ThreadPoolExecutor(max_workers=1) as one_worker:
        held = one_worker.submit(runner("w1").run, first)
        assert asked.wait(60)
        grow_old(engine, 10)
        for job in (second, third):
            runner("w2").run(job)
        with engine.connect() as connection:
            rows = connection.execute(
                text("SELECT state, waits_for, attempts FROM job WHERE id > :id ORDER BY id"), {"id": first}
            )
            assert [tuple(row) for row in rows] == [("ready", "tax", 0), ("done", None, 1)]
        speaks.set()
        held.result()
    assert one(engine, f"SELECT next_attempt_at <= now() FROM job WHERE id = {second}"), "it comes now"
