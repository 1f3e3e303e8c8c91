"""Whole columns as one parameter: the text of a PostgreSQL array, many times cheaper to send than a list of values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def array(values: Iterable[Any]) -> str:
    """The values as the text of an array, cast where it is used: ``CAST(:ids AS bigint[])``. None becomes NULL."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
