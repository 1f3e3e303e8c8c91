"""A message leaves once in effect: intent before the request, asking before repeating, the same bytes ever after."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import Connection, Engine, text

from adapters.ports import OutcomeUnknown
from worker.exchange import answered, exchange
from worker.jobs.outcome import Unknown
from worker.jobs.queue import NewJob, claim, enqueue, finish
from worker.jobs.work import Work
from worker.privacy import Vault


class FarSide:
    """What a neighbour would remember: the bytes under each key, and how often it was told and asked."""

    def __init__(self) -> None:
        self.book: dict[str, bytes] = {}
        self.told: list[bytes] = []
        self.asked = 0

    def send(self, key: str, body: bytes) -> str:
        self.told.append(body)
        self.book[key] = body
        return "taken"

    def send_and_lose_the_reply(self, key: str, body: bytes) -> str:
        self.send(key, body)
        raise OutcomeUnknown(key, "the reply was cut")

    def lose_the_request(self, key: str, body: bytes) -> str:
        self.told.append(body)
        raise OutcomeUnknown(key, "no reply came")

    def ask(self, key: str, body: bytes) -> str | None:
        self.asked += 1
        return "taken" if self.book.get(key) == body else None


@pytest.fixture
def far() -> FarSide:
    return FarSide()


def attempt(engine: Engine, vault: Vault, far: FarSide, send: Callable[[str, bytes], str], body: bytes) -> str | None:
    with engine.begin() as connection:
        enqueue(connection, [NewJob("push", "k", {}, date(2020, 9, 1))])
        job_id = connection.execute(text("SELECT id FROM job")).scalar_one()
        job = claim(connection, job_id, "w1", 30)
    assert job is not None
    work = Work(job, engine, "w1", 30)

    def compose(connection: Connection) -> bytes:
        return body

    try:
        reply = exchange(work, vault, "tax", compose, far.ask, send)
    except OutcomeUnknown as lost:
        with engine.begin() as connection:
            finish(connection, job, Unknown(str(lost)), 0, 0)
        raise
    with work.completing() as connection:
        answered(connection, work)
    return reply


def test_after_a_lost_reply_the_far_side_is_asked_and_told_nothing_again(
    engine: Engine, vault: Vault, far: FarSide
) -> None:
    with pytest.raises(OutcomeUnknown):
        attempt(engine, vault, far, far.send_and_lose_the_reply, b"first")
    assert attempt(engine, vault, far, far.send, b"composed anew") == "taken"
    assert (far.told, far.asked) == ([b"first"], 1)


def test_after_a_lost_request_the_same_bytes_go_out_again(engine: Engine, vault: Vault, far: FarSide) -> None:
    with pytest.raises(OutcomeUnknown):
        attempt(engine, vault, far, far.lose_the_request, b"first")
    assert attempt(engine, vault, far, far.send, b"composed anew") == "taken"
    assert far.told == [b"first", b"first"]


def test_the_intent_is_committed_before_the_request_and_unreadable_at_rest(
    engine: Engine, vault: Vault, far: FarSide
) -> None:
    def look(key: str, body: bytes) -> str:
        with engine.connect() as connection:
            stored = connection.execute(text("SELECT body FROM message WHERE key = :key"), {"key": key}).scalar_one()
        assert "张三".encode() not in bytes(stored)
        return "seen"

    assert attempt(engine, vault, far, look, "张三".encode()) == "seen"


def test_bytes_that_are_not_the_ones_that_were_meant_are_not_sent(engine: Engine, vault: Vault, far: FarSide) -> None:
    with pytest.raises(OutcomeUnknown):
        attempt(engine, vault, far, far.lose_the_request, b"first")
    with engine.begin() as connection:
        connection.execute(text("UPDATE message SET payload_hash = 'of other bytes'"))
    with pytest.raises(ValueError, match="not the ones that were meant"):
        attempt(engine, vault, far, far.send, b"first")
    assert (far.told, far.asked) == ([b"first"], 0)


def test_nothing_left_to_send_sends_nothing(engine: Engine, vault: Vault, far: FarSide) -> None:
    with engine.begin() as connection:
        (job_id,) = enqueue(connection, [NewJob("push", "k", {}, date(2020, 9, 1))])
        job = claim(connection, job_id, "w1", 30)
    assert job is not None
    assert exchange(Work(job, engine, "w1", 30), vault, "tax", lambda _: None, far.ask, far.send) is None
    assert (far.told, far.asked) == ([], 0)
