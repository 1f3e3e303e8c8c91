"""Whole columns as one parameter: the text of a PostgreSQL array, many times cheaper to send than a list of values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_NUMBERS = ({int}, {bool})


def array(values: Iterable[Any]) -> str:
    """The values as the text of an array, cast where it is used: ``CAST(:ids AS bigint[])``. None becomes NULL."""
    listed = list(values)
    kinds = set(map(type, listed))
    if kinds in _NUMBERS:
        return "{" + repr(listed)[1:-1] + "}"
    if kinds == {str}:
        joined = '","'.join(listed)
        if "\\" not in joined and joined.count('"') == 2 * (len(listed) - 1):
            return '{"' + joined + '"}'
    if kinds == {type(None)}:
        return "{" + ",".join(["NULL"] * len(listed)) + "}"
    return "{" + ",".join(map(_element, listed)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
