"""JSON Schema of notice files and local files, for editors: what may stand where, each field described."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args

import yaml
from pydantic import BaseModel

from policies.local import LocalParameters
from policies.notice import Notice

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DESCRIPTIONS: Final = Path(__file__).parent / "fields.yaml"


def notice_schema() -> dict[str, Any]:
    """The schema of a notice file."""
    return _schema(Notice)


def local_schema() -> dict[str, Any]:
    """The schema of a file of local parameters."""
    return _schema(LocalParameters)


@cache
def descriptions() -> dict[str, str]:
    """What each field means, Chinese and English, by ``Model.field``."""
    told: dict[str, str] = yaml.safe_load(_DESCRIPTIONS.read_text(encoding="utf-8"))
    return told


def undescribed() -> list[str]:
    """Fields of the files that nobody has described yet."""
    models = [model for root in (Notice, LocalParameters) for model in _models(root)]
    fields = {f"{_owner(model, field).__name__}.{field}" for model in models for field in model.model_fields}
    return sorted(fields - descriptions().keys())


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(mode="validation")
    models = {found.__name__: found for found in _models(model)}
    for name, part in (*schema.get("$defs", {}).items(), (model.__name__, schema)):
        for field, shape in part.get("properties", {}).items():
            key = f"{_owner(models[name], field).__name__}.{field}"
            described = _as_written(shape)
            described["description"] = descriptions().get(key, "")
            described.pop("title", None)
            part["properties"][field] = described
    return {"$schema": _DIALECT, **schema}


def _as_written(shape: Any) -> Any:
    """The shape as a file may write it: a single word stands for a list of one."""
    if not isinstance(shape, dict):
        return shape
    found = dict(shape)
    for name in found.keys() & {"items", "additionalProperties"}:
        found[name] = _as_written(found[name])
    if "anyOf" in found:
        found["anyOf"] = [_as_written(part) for part in found["anyOf"]]
    if found.get("type") != "array":
        return found
    if "minLength" in found:
        found["minItems"] = found.pop("minLength")
    if found["items"].get("type") != "string":
        return found
    found.pop("default", None)
    return {"anyOf": [found["items"], found]}


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and every model inside it, each once."""
    found: dict[type[BaseModel], None] = {}

    def visit(kind: Any) -> None:
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in found:
            found[kind] = None
            for field in kind.model_fields.values():
                visit(field.annotation)
        for part in get_args(kind):
            visit(part)

    visit(model)
    yield from found


def _owner(model: type[BaseModel], field: str) -> type[BaseModel]:
    """The class that declares a field."""
    return next(kind for kind in reversed(model.__mro__) if field in inspect.get_annotations(kind))
