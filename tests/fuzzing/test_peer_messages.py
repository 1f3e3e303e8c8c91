"""What a peer says at our door, spoiled and rightly signed, or signed wrongly: never a failure of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from itertools import count
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http import InvalidReply
from adapters.peer import client
from adapters.peer.history import Case, Head, seal
from adapters.peer.keyring import Key
from adapters.peer.transport import SignedTransport
from tests.fuzzing.effort import effort
from tests.fuzzing.spoiling import spoiled_json, spoiled_text
from tests.worker.handoff.looped import Loop
from tests.worker.handoff.two_houses import CASE, JIAOHE, SECRETS, SHIQUAN, Pair, lasting_houses

KEY = Key("610922-a", "ed25519", secret=SECRETS[SHIQUAN])
FACTS: dict[str, Any] = {
    "insured_year": 2021, "insurance": "resident_medical", "amount": 28000, "voucher": "V9", "paid_on": "2020-10-15",
    "applied_on": "2020-10-15", "own_fault": False, "benefits_used": False, "notice": "shiquan-2021",
    "clauses": ["六(四)"],
}  # fmt: skip
WHO = {"cert_type": "01", "cert_no": "610922199003078519", "name": "张三"}
NOTICE = {
    "cert_type": "01", "cert_no": "610922199003078519", "scheme": "resident", "insured_year": 2021,
    "since": "2021-01-01", "months": 14, "as_student": False, "flexible_employment": False,
}  # fmt: skip
ANCHOR = {
    "at": "2020-10-15T08:00:00+00:00", "chain": SHIQUAN, "events": 7, "head": "ab" * 32, "key": 1, "seal": "cd" * 32,
    "segments": 3,
}  # fmt: skip
OTHERS = {
    "/v1/notices/enrolment": {"notices": [NOTICE, NOTICE | {"cert_no": "11010519491231002X"}]},
    "/v1/anchors": {"heads": [ANCHOR]},
    "/v1/anchors/kept": {"chain": SHIQUAN, "after": 0},
    "/v1/heads": {"cases": [CASE.format(1)]},
}


@pytest.fixture(scope="module")
def pair(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    with lasting_houses(new_database, tmp_path_factory.mktemp("pair")) as both:
        yield both


_numbers = count(1)


@st.composite
def offers(draw: st.DrawFn) -> bytes:
    """A proposal whose facts were spoiled before it was sealed, or whose whole was after."""
    number = next(_numbers)
    case = Case(f"00000000-0000-4000-8000-{number:012d}", "wrong_area", SHIQUAN, JIAOHE)
    facts = FACTS | {"voucher": f"V{draw(st.integers(0, 30))}"}
    if draw(st.booleans()):
        with suppress(orjson.JSONDecodeError, TypeError):
            drawn = orjson.loads(draw(spoiled_json(facts)))
            orjson.dumps(drawn)
            facts = drawn if isinstance(drawn, dict) else facts
    step = seal(case, Head(0, ""), "proposed", SHIQUAN, "2020-10-15", "2020-10-25", facts, KEY)
    told = {
        "case": case.id,
        "kind": case.kind,
        "origin": SHIQUAN,
        "intended": JIAOHE,
        "person": WHO,
        "steps": [step.wire()],
    }
    return orjson.dumps(told) if draw(st.booleans()) else draw(spoiled_json(told))


def no_fraction(part: Any) -> bool:
    """Whether no number below is one with a decimal point: money is whole fen."""
    parts = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return type(part) is not float and all(map(no_fraction, parts))


_keys = count(1)


def knock(pair: Pair, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    house = pair.origin.house
    signed = SignedTransport(Loop(pair.intended.door), house.peers.keyring, JIAOHE, 300)
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"k-{next(_keys)}"}
    reply = signed.exchange("POST", house.settings.peer_door.url + path, timeout=(1, 1), headers=headers, body=body)
    return reply.status, orjson.loads(reply.body)


@effort(50)
@given(offers())
def test_offers(pair: Pair, body: bytes) -> None:
    status, answer = knock(pair, "/v1/offers", body)
    assert status < 500 or answer["code"] == "not_yet", answer
    if status == 200 and answer["outcome"] != "diverged":
        assert client.contract().fault("Taken", answer) is None
        assert no_fraction(orjson.loads(body))


@effort(40)
@given(st.data(), st.sampled_from(sorted(OTHERS)))
def test_everything_else_that_is_told(pair: Pair, data: st.DataObject, path: str) -> None:
    body = data.draw(spoiled_json(OTHERS[path]))
    status, answer = knock(pair, path, body)
    assert status in (200, 400), (status, answer)
    if status == 200:
        assert no_fraction(orjson.loads(body))


@effort(100)
@given(st.data())
def test_signatures_that_were_touched(pair: Pair, data: st.DataObject) -> None:
    loop = Loop(pair.intended.door)
    signed = SignedTransport(loop, pair.origin.house.peers.keyring, JIAOHE, 300)
    url = pair.origin.house.settings.peer_door.url + "/v1/heads"
    body = orjson.dumps(OTHERS["/v1/heads"])
    if not hasattr(pair, "carried"):
        signed.exchange("POST", url, timeout=(1, 1), headers={"Content-Type": "application/json"}, body=body)
        pair.carried = loop.carried[0]  # type: ignore[attr-defined]
    method, url, headers, body = pair.carried  # type: ignore[attr-defined]
    name = data.draw(st.sampled_from(("Signature", "Signature-Input", "Content-Digest", "Content-Type")))
    value = data.draw(spoiled_text(headers[name])).encode("latin-1", "replace").decode("latin-1")
    reply = loop.deliver(method, url, headers | {name: value}, body)
    assert reply.status == 401, "its nonce was used: whatever was touched, it does not come in"


@effort(110)
@given(st.data(), st.sampled_from(("History", "Noticed", "Anchors", "Heads", "Taken")))
def test_replies_of_a_peer(data: st.DataObject, schema: str) -> None:
    right: dict[str, Any] = {
        "History": {"case": CASE.format(1), "kind": "wrong_area", "origin": SHIQUAN, "intended": JIAOHE, "person": WHO,
                    "steps": [{"number": 1, "what": "proposed", "by": SHIQUAN, "day": "2020-10-15", "next_by": None,
                               "facts": FACTS, "before": "", "hash": "ab" * 32, "key": "k", "seal": "A" * 86 + "=="}]},
        "Noticed": {"key": "k", "sha256": "ab" * 32, "taken": 2},
        "Anchors": {"heads": [ANCHOR]},
        "Heads": {"heads": [{"case": CASE.format(1), "number": 1, "hash": "ab" * 32}]},
        "Taken": {"key": "k", "sha256": "ab" * 32, "case": CASE.format(1), "head": {"number": 1, "hash": "ab" * 32}},
    }  # fmt: skip
    with suppress(InvalidReply):
        content = client.content_of(data.draw(spoiled_json(right[schema])), schema)
        assert no_fraction(content)
        orjson.dumps(content)
