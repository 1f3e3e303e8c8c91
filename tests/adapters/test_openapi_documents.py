"""The wires as they are written down: valid, closed in themselves, and what the simulators really serve."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import requests
import yaml

import adapters
from tests.adapters.simulated import Simulated

ROOT = Path(adapters.__path__[0])
DOCUMENTS = {
    name: yaml.safe_load((ROOT / name / "openapi.yaml").read_bytes()) for name in ("tax", "treasury", "peer", "api")
}
METHODS = {"get", "post", "put", "delete", "patch"}
document_cases = pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of everything the document describes."""
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def references(part: object) -> list[str]:
    """Every $ref below."""
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [each for inner in part.values() for each in references(inner)]
    return [each for inner in part for each in references(inner)] if isinstance(part, list) else []


def resolve(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """What a $ref points to; raises KeyError when it points to nothing."""
    if "$ref" not in part:
        return part
    target: Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return dict(target)


@document_cases
def test_every_schema_is_a_valid_json_schema(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"}), name


@document_cases
def test_every_reference_leads_somewhere_and_every_component_is_used(document: dict[str, Any]) -> None:
    found = references(document)
    for reference in found:
        assert resolve(document, {"$ref": reference})
    kinds = ("schemas", "parameters", "responses")
    declared = {f"#/components/{kind}/{name}" for kind in kinds for name in document["components"].get(kind, {})}
    assert declared == set(found)


@document_cases
def test_every_operation_is_complete(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert {"title", "version"} <= document["info"].keys()
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for path, _, operation in operations(document):
        assert operation["summary"]
        parameters = [resolve(document, each) for each in operation.get("parameters", [])]
        in_path = {each["name"] for each in parameters if each["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path))
        assert all(each["required"] for each in parameters if each["in"] == "path")
        answers = {status: resolve(document, each) for status, each in operation["responses"].items()}
        assert all(answer["description"] for answer in answers.values())
        assert operation["operationId"] == "health" or "default" in answers


@document_cases
def test_every_write_carries_its_key_and_its_hash(document: dict[str, Any]) -> None:
    reads_by_post = {"due_states", "order_states", "heads", "kept_anchors", "decide", "person_state", "tax_news"}
    hashed = "key" in document["components"]["securitySchemes"]  # elsewhere signed, or answered by what is stored
    for _, method, operation in operations(document):
        if method == "post" and operation["operationId"] not in reads_by_post:
            headers = {resolve(document, each)["name"] for each in operation["parameters"]}
            assert headers == {"Idempotency-Key"} | ({"Content-SHA256"} if hashed else set())


@pytest.mark.parametrize("name", ["tax", "treasury"])
def test_the_simulator_serves_the_document_and_every_path_in_it(request: pytest.FixtureRequest, name: str) -> None:
    simulator: Simulated = request.getfixturevalue(f"{name}_simulator")
    served = requests.get(f"{simulator.url}/openapi.json", timeout=60).json()
    assert served == DOCUMENTS[name]
    for path, method, _ in operations(served):
        reply = requests.request(method, simulator.url + path.replace("{key}", "x"), timeout=60)
        assert reply.status_code in ((200,) if path == "/health" else (401,)), path
