"""An OpenAPI document put to work: requests and replies are held against it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs

from config.yaml_text import read_yaml


class Contract:
    """The document at ``path`` with one compiled validator for each of its schemas.

    ``whole``: a number with a decimal point or an exponent is refused. JSON Schema takes 28000.0 for an integer, and it
    would be booked as one.
    """

    def __init__(self, path: Path, whole: bool = False) -> None:
        self._whole = whole
        self.document: dict[str, Any] = read_yaml(path)
        components = self.document["components"]
        self._validators = {
            name: jsonschema_rs.Draft202012Validator(
                {"$ref": f"#/components/schemas/{name}", "components": components}, validate_formats=True
            )
            for name in components["schemas"]
        }

    def fault(self, schema: str, content: object) -> str | None:
        """Where ``content`` breaks the named schema, as a sentence; ``None`` when it does not."""
        validator = self._validators[schema]
        try:
            if validator.is_valid(content):
                fraction = self._whole and _has_fraction(content)
                return f"{schema}: a number has a decimal point; all are whole" if fraction else None
            error = next(validator.iter_errors(content))
        except ValueError:
            return f"{schema}: it is nested too deeply"
        place = "/".join(str(step) for step in error.instance_path) or "the whole"
        return f"{schema}: {place}: {error.message[:300]}"


def _has_fraction(part: object) -> bool:
    if isinstance(part, dict):
        return any(map(_has_fraction, part.values()))
    return any(map(_has_fraction, part)) if isinstance(part, list) else type(part) is float
