"""Two installations keep each other's heads, over the signed wire."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest

from tests.worker.audit.attack import rewrite
from tests.worker.handoff.two_houses import House, Pair, two_houses
from worker.audit.peers import heads_at
from worker.audit.verify import verify
from worker.audit.walk import Flaw
from worker.flows import anchor as anchoring

DAY = date(2020, 11, 21)


@pytest.fixture
def pair(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pair]:
    with two_houses(new_database, tmp_path, monkeypatch) as both:
        yield both


def flaws(house: House, peer: House) -> list[Flaw]:
    """What is wrong with the house's log beside the heads that the peer keeps of it."""
    kept = list(heads_at(peer.area, house.house.peers.port(peer.area), house.area))
    assert kept
    with house.house.engine.connect() as connection:
        return verify(connection, house.house.keychain, kept)[1]


def test_each_keeps_the_others_heads_and_a_rewrite_is_found_with_them(pair: Pair) -> None:
    for house, peer in ((pair.origin, pair.intended), (pair.intended, pair.origin)):
        house.tick(DAY, "anchor")
        assert house.desk.one("SELECT state FROM job WHERE kind = 'anchor_peer'") == "done"
        assert flaws(house, peer) == []
    shiquan = pair.origin
    key = shiquan.house.keychain.newest("audit")
    rewrite(shiquan.house.engine, key, shiquan.area, "UPDATE audit_event SET person_id = 77 WHERE position = 2")
    with shiquan.house.engine.connect() as connection:
        assert verify(connection, shiquan.house.keychain)[1] == []
    (found,) = flaws(shiquan, pair.intended)
    assert "not those of" in found.sentence
    assert f"peer {pair.intended.area} keeps the head" in found.sentence


def test_a_peer_that_is_given_a_contradicting_head_says_so_in_its_own_log(pair: Pair) -> None:
    shiquan, jiaohe = pair.origin, pair.intended
    shiquan.tick(DAY, "anchor")
    key = shiquan.house.keychain.newest("audit")
    rewrite(shiquan.house.engine, key, shiquan.area, "UPDATE audit_event SET person_id = 77 WHERE position = 2")
    shiquan.tick(DAY, "anchor")
    (facts,) = jiaohe.desk.facts("anchor.contradicted")
    assert (facts["peer"], facts["chain"]) == (shiquan.area, shiquan.area)
    assert facts["events"] == facts["known"]


def test_a_peer_tells_only_the_heads_of_who_asks(pair: Pair) -> None:
    pair.origin.tick(DAY, "anchor")
    port = pair.intended.house.peers.port(pair.origin.area)
    assert list(heads_at(pair.origin.area, port, pair.origin.area)) == []


def test_a_door_that_is_shut_keeps_nothing_back(pair: Pair) -> None:
    """The file has the heads though the peer is away, and the peer gets them when it is there again."""
    shiquan = pair.origin
    shiquan.loop.down = True
    shiquan.tick(DAY, "anchor")
    assert shiquan.house.settings.anchors.exists()
    shiquan.loop.down = False
    shiquan.again()
    assert flaws(shiquan, pair.intended) == []


@pytest.mark.parametrize(
    ("number", "left"), [(errno.ENOSPC, "ready disk_full"), (errno.EACCES, "parked to_be_looked_at")]
)
def test_room_on_the_disk_is_waited_for_and_a_file_that_is_forbidden_is_for_a_person(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, number: int, left: str
) -> None:
    def fails(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(anchoring, "append_heads", fails)
        pair.origin.tick(DAY, "anchor")
    told = "SELECT state || ' ' || (outcome->>'cause') FROM job WHERE kind = 'tick.anchor'"
    assert pair.origin.desk.one(told) == left
    assert pair.origin.desk.one("SELECT state FROM job WHERE kind = 'anchor_peer'") == "done", "peers keep them anyhow"
