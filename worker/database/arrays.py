"""Whole columns as one parameter: the text of a PostgreSQL array, many times cheaper to send than a list of values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def array(values: Iterable[Any]) -> str:
    """The values as the text of an array, cast where it is used: ``CAST(:ids AS bigint[])``. None becomes NULL."""
    listed = list(values)
    if listed and all(type(value) is str for value in listed):
        joined = '","'.join(listed)
        if "\\" not in joined and joined.count('"') == 2 * (len(listed) - 1):
            return '{"' + joined + '"}'
    return "{" + ",".join(map(_element, listed)) + "}"


def _element(value: Any) -> str:
    if type(value) is int:
        return str(value)
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
