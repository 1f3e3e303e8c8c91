"""The door: who is let in, how often, and what it answers to what cannot be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from adapters import replies
from adapters.peer.client import PeerClient, contract
from adapters.peer.history import Case, Head, History, Step, seal
from adapters.peer.keyring import Key
from adapters.peer.port import Ahead, Notice, Taken
from adapters.ports import KeyConflict, Refused, Unavailable
from tests.worker.handoff.two_houses import CASE, JIAOHE, SECRETS, SHIQUAN, Pair
from worker.ledger.check import check_ledger

SHIQUAN_KEY = Key("610922-a", "ed25519", secret=SECRETS[SHIQUAN])
JIAOHE_KEY = Key("220281-a", "ed25519", secret=SECRETS[JIAOHE])
FACTS: dict[str, Any] = {
    "insured_year": 2021, "insurance": "resident_medical", "amount": 28000, "voucher": "V9", "paid_on": "2020-10-15",
    "applied_on": "2020-10-15", "own_fault": False, "benefits_used": False, "notice": "shiquan-2021",
    "clauses": ["六(四)"],
}  # fmt: skip
PERSON = {"cert_type": "01", "cert_no": "610922199003078519", "name": "张三"}


def port(pair: Pair) -> PeerClient:
    """The way from Shiquan to Jiaohe's door."""
    client = pair.origin.house.peers.ports[JIAOHE]
    assert isinstance(client, PeerClient)
    return client


def history(case: Case, *steps: Step) -> History:
    return History(case, PERSON, steps)


def proposal(case: Case, facts: dict[str, Any] = FACTS, key: Key = SHIQUAN_KEY, by: str = SHIQUAN) -> Step:
    return seal(case, Head(0, ""), "proposed", by, "2020-10-15", "2020-10-25", facts, key)


THE_CASE = Case(CASE.format(7), "wrong_area", SHIQUAN, JIAOHE)


def offer(pair: Pair, key: str, told: History) -> Taken | Ahead:
    return port(pair).offer(key, port(pair).encode_offer(told))


def test_the_same_request_comes_in_once(pair: Pair) -> None:
    pair.propose()
    method, url, headers, body = pair.origin.loop.carried[0]
    assert pair.origin.loop.deliver(method, url, headers, body).status == 401
    assert orjson.loads(pair.origin.loop.deliver(method, url, headers, body).body)["code"] == "replayed"
    assert pair.intended.case() == ("proposed", 1, JIAOHE)


def test_a_request_of_nobody_and_one_meant_for_another_installation_are_refused(pair: Pair) -> None:
    pair.propose()
    method, url, headers, body = pair.origin.loop.carried[0]
    bare = {name: value for name, value in headers.items() if not name.startswith("Signature")}
    assert pair.origin.loop.deliver(method, url, bare, body).status == 401
    elsewhere = url.replace("127.0.0.1:8423", "levy.other.example")
    with pytest.raises(Unavailable, match="bad_signature"):
        PeerClient(
            JIAOHE, elsewhere.removesuffix("/v1/offers"), pair.origin.house.peers.keyring, 300, carrier=pair.origin.loop
        ).heads([CASE.format(1)])


def test_a_repeated_key_gets_the_stored_reply_and_another_body_under_it_is_refused(one_sided: Pair) -> None:
    told = history(THE_CASE, proposal(THE_CASE))
    first = offer(one_sided, "k-1", told)
    assert offer(one_sided, "k-1", told) == first == Taken(THE_CASE.id, told.head)
    assert port(one_sided).ask_offer("k-1", port(one_sided).encode_offer(told)) == first
    assert port(one_sided).ask_offer("k-2", port(one_sided).encode_offer(told)) is None
    with pytest.raises(KeyConflict):
        offer(one_sided, "k-1", replace(told, person=PERSON | {"name": "李四"}))
    assert len(one_sided.intended.history()) == 1


def test_a_step_that_does_not_follow_is_refused_with_the_history_that_is_held(pair: Pair) -> None:
    pair.propose()
    pair.accept()
    held = port(pair).case(CASE.format(1))
    assert held is not None
    late = seal(
        held.case, Head(1, held.steps[0].hash), "refused", JIAOHE, "2020-11-20", None, {"reason": "x"}, JIAOHE_KEY
    )
    assert offer(pair, "k-1", replace(held, steps=(held.steps[0], late))) == Ahead(held)
    assert offer(pair, "k-2", replace(held, steps=held.steps[:1])) == Ahead(held)


CASES_THAT_CANNOT_BE = {
    "a step sealed by another": (
        lambda: proposal(THE_CASE, key=Key("610922-a", "ed25519", secret=b"x" * 32)),
        "not_proven",
    ),
    "a step of ours that we never sealed": (lambda: proposal(THE_CASE, by=JIAOHE), "not_proven"),
    "a step changed after it was sealed": (
        lambda: replace(proposal(THE_CASE), facts=FACTS | {"amount": 1}),
        "not_proven",
    ),
    "a course that begins in the middle": (
        lambda: seal(THE_CASE, Head(0, ""), "refunded", SHIQUAN, "2020-10-15", "2020-10-25",
                     {"amount": 1, "refunded_on": "2020-10-15"}, SHIQUAN_KEY),
        "cannot_follow",
    ),
    "a step that lacks a fact": (
        lambda: proposal(THE_CASE, {name: value for name, value in FACTS.items() if name != "voucher"}),
        "cannot_follow",
    ),
    "a step without an end to the waiting": (
        lambda: seal(THE_CASE, Head(0, ""), "proposed", SHIQUAN, "2020-10-15", None, FACTS, SHIQUAN_KEY),
        "cannot_follow",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", [*CASES_THAT_CANNOT_BE, "a case between others"])
def test_what_cannot_be_is_refused_for_good_and_leaves_nothing(shared_pair: Pair, what: str) -> None:
    if what == "a case between others":
        foreign = THE_CASE._replace(origin="610921")
        told, code = history(foreign, proposal(foreign)), "not_ours"
    else:
        make, code = CASES_THAT_CANNOT_BE[what]
        told = history(THE_CASE, make())
    with pytest.raises(Refused, match=code):
        offer(shared_pair, f"k-{code}-{abs(hash(what))}", told)
    assert shared_pair.intended.history() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"case": NaN}', replies.encode({"case": "x"})])
def test_a_body_that_is_not_of_this_wire_is_refused_without_repeating_it(shared_pair: Pair, body: bytes) -> None:
    with pytest.raises(Refused, match="400"):
        port(shared_pair).offer("k-body", body)


def test_histories_that_contradict_each_other_stop_the_case_for_a_person(one_sided: Pair) -> None:
    first = proposal(THE_CASE)
    offer(one_sided, "k-1", history(THE_CASE, first))
    other = proposal(THE_CASE, FACTS | {"voucher": "V8"})
    after = seal(THE_CASE, Head(1, other.hash), "accepted", JIAOHE, "2020-11-20", "2020-12-20", {}, JIAOHE_KEY)
    with pytest.raises(KeyConflict, match="diverged"):
        offer(one_sided, "k-2", history(THE_CASE, other, after))
    assert one_sided.intended.desk.one("SELECT diverged FROM handoff") is True
    with one_sided.intended.house.engine.connect() as connection:
        assert ["the peer holds others" in one for one in check_ledger(connection)] == [True]


def test_a_peer_sees_only_cases_that_it_is_part_of(pair: Pair) -> None:
    pair.propose()
    with pair.intended.house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE handoff SET peer = '610921'")
    assert port(pair).case(CASE.format(1)) is None
    assert port(pair).heads([CASE.format(1)]) == {CASE.format(1): Head(0, "")}
    with pair.intended.house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE handoff SET peer = '610922'")


def test_notices_of_enrolments_elsewhere_are_kept_by_keyed_hash(pair: Pair) -> None:
    told = [Notice("01", PERSON["cert_no"], "resident", 2021, "2020-09-01", 14, False, True)]
    body = port(pair).encode_notices(told)
    assert [port(pair).notify("n-1", body) for _ in range(2)] == [1, 1]
    assert port(pair).ask_notices("n-1", body) == 1
    kept = pair.intended.desk.rows(
        "SELECT n.peer, n.scheme, n.insured_year, n.since::text, n.months, n.as_student,"
        " n.flexible_employment, p.person_no FROM peer_notice n JOIN person p ON p.cert_index = n.cert_index"
    )
    assert kept == [(SHIQUAN, "resident", 2021, "2020-09-01", 14, False, True, "2202810000000001")]


def test_the_door_serves_every_path_of_the_document_and_none_to_strangers(shared_pair: Pair) -> None:
    for path, item in contract().document["paths"].items():
        for method in item:
            url = "http://127.0.0.1:8423" + path.replace("{key}", "k").replace("{case}", CASE.format(1))
            expected = 200 if path == "/health" else 401
            assert shared_pair.origin.loop.deliver(method.upper(), url, {}, b"").status == expected, path


def test_a_second_case_about_one_voucher_is_a_final_no_and_not_an_unclear_end(one_sided: Pair) -> None:
    offer(one_sided, "k-1", history(THE_CASE, proposal(THE_CASE)))
    other = THE_CASE._replace(id=CASE.format(8))
    with pytest.raises(Refused, match="known_voucher"):
        offer(one_sided, "k-2", history(other, proposal(other)))
    assert len(one_sided.intended.history()) == 1
