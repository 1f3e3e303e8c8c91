"""Every wire that we serve, called with what its own document allows and what it does not: no failure of ours, and
every answer is one that the document names.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import schemathesis
import yaml
from hypothesis import given
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from adapters import api
from adapters.peer import client as peer
from adapters.peer.transport import SignedTransport
from tests.adapters.conftest import tax_process, tax_simulator, treasury_process, treasury_simulator
from tests.adapters.simulated import KEY
from tests.adapters.test_openapi_documents import DOCUMENTS, operations
from tests.fuzzing.effort import effort
from tests.fuzzing.test_peer_messages import pair
from tests.worker.api.conftest import Door, door
from tests.worker.handoff.looped import Loop
from tests.worker.handoff.two_houses import JIAOHE, Pair

__all__ = ["door", "pair", "tax_process", "tax_simulator", "treasury_process", "treasury_simulator"]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = st.sampled_from(list(GenerationMode))
OURS = [f"{method.upper()} {path}" for path, method, _ in operations(DOCUMENTS["api"])]
PEERS = [f"{method.upper()} {path}" for path, method, _ in operations(DOCUMENTS["peer"]) if path != "/health"]
LEAVE = {"tax": {"/health"}, "treasury": {"/health"}}


def cases(document: dict[str, Any], operation: str, mode: GenerationMode) -> st.SearchStrategy[schemathesis.Case]:
    """Calls of one operation: as the document has it, or not as it has it."""
    method, path = operation.split(" ")
    described = schemathesis.openapi.from_dict(document)[path][method]
    try:
        return described.as_strategy(generation_mode=mode)
    except Exception:  # nothing of it can be wrong
        return described.as_strategy()


@pytest.mark.parametrize("operation", OURS)
def test_the_api_answers_as_its_document_says(door: Door, operation: str) -> None:
    key = door.new_key(f"fuzz-{OURS.index(operation)}", "push", "ask", "read", "read_clear", "tax")

    @effort(8)
    @given(st.data(), MODES)
    def called(data: st.DataObject, mode: GenerationMode) -> None:
        case = data.draw(cases(DOCUMENTS["api"], operation, mode))
        case.call_and_validate(base_url=door.url, headers={"Authorization": f"Bearer {key}"}, checks=CHECKS, timeout=60)

    called()


@pytest.mark.long  # `make fuzz` runs it too
@pytest.mark.parametrize("operation", PEERS)
def test_the_door_for_peers_answers_as_its_document_says(pair: Pair, operation: str) -> None:
    signed = SignedTransport(Loop(pair.intended.door), pair.origin.house.peers.keyring, JIAOHE, 300)
    contract = peer.contract()
    method, path = operation.split(" ")
    answers = DOCUMENTS["peer"]["paths"][path][method.lower()]["responses"]
    schema = answers["200"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]

    @effort(8)
    @given(st.data(), MODES)
    def called(data: st.DataObject, mode: GenerationMode) -> None:
        case = data.draw(cases(DOCUMENTS["peer"], operation, mode))
        body = b"" if method == "GET" else json.dumps(case.body, default=str).encode("utf-8", "replace")
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": str((case.headers or {}).get("Idempotency-Key")),
        }
        headers["Idempotency-Key"] = headers["Idempotency-Key"].encode("latin-1", "replace").decode("latin-1").strip()
        url = pair.origin.house.settings.peer_door.url + (
            case.formatted_path if "{" not in case.formatted_path else "/x"
        )
        reply = signed.exchange(method, url, timeout=(1, 1), headers=headers, body=body)
        content = json.loads(reply.body) if reply.headers.get("content-type") == "application/json" else None
        assert reply.status < 500 or content["code"] == "not_yet", content  # type: ignore[index]
        if content is not None:
            assert contract.fault(schema if reply.status == 200 else "Problem", content) is None

    called()


@pytest.mark.parametrize("name", ["tax", "treasury"])
def test_the_simulators_answer_as_their_documents_say(request: pytest.FixtureRequest, name: str) -> None:
    url = request.getfixturevalue(f"{name}_simulator").url
    served = [f"{method.upper()} {path}" for path, method, _ in operations(DOCUMENTS[name]) if path not in LEAVE[name]]

    @effort(40)
    @given(st.data(), st.sampled_from(served), MODES)
    def called(data: st.DataObject, operation: str, mode: GenerationMode) -> None:
        case = data.draw(cases(DOCUMENTS[name], operation, mode))
        case.call_and_validate(base_url=url, headers={"Authorization": f"Bearer {KEY}"}, checks=CHECKS, timeout=60)

    called()


def test_the_document_that_is_served_is_the_one_that_is_written(door: Door) -> None:
    assert requests.get(f"{door.url}/v1/openapi.json", timeout=60).json() == yaml.safe_load(api.DOCUMENT.read_bytes())
    assert requests.get(f"{door.url}/health", timeout=60).json() == {"status": "ok"}
    assert requests.get(f"{door.url}/v2/flags", timeout=60).json()["code"] == "unknown_path"
    assert requests.get(f"{door.url}/v1/flags", timeout=60).status_code == 405
