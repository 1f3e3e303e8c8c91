"""Rows of one file that repeat an earlier row of it: the first counts, the others are set aside with its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.bureau.problems import Problem
from adapters.bureau.source import Chunk

Problems = dict[int, list[Problem]]

_KEYS: Mapping[str, tuple[str, ...]] = {
    "enrolments": ("cert_type", "cert_no", "insured_year", "area"),
    "flags": ("cert_type", "cert_no", "category", "area", "recognised_on"),
    "accounts": ("cert_type", "cert_no"),
    "refunds": ("cert_type", "cert_no"),
    "other_cover": ("cert_type", "cert_no", "scheme", "area"),
    "applications": ("cert_type", "cert_no", "insured_year", "area", "category", "applied_on"),
}
_NUMBERED = "enrolments"
"""The kind in which a person number belongs to one document."""


class Duplicates:
    """What a file has said so far, by the key of its kind."""

    def __init__(self, kind: str) -> None:
        self._key = _KEYS[kind]
        self._numbered = kind == _NUMBERED
        self._seen: dict[tuple[Any, ...], tuple[int, int]] = {}
        self._numbers: dict[str, tuple[int, str]] = {}

    def note(self, chunk: Chunk, values: Mapping[str, Sequence[Any]], problems: Problems) -> None:
        """Add a problem for each row without one that repeats a good row before it."""
        keys = list(zip(*(values[field] for field in self._key), strict=True))
        contents = map(hash, map("\x1f".join, chunk.rows))
        firsts = list(zip(chunk.lines, contents, strict=True))
        for at in _repeated(self._seen, keys, firsts, problems):
            line, content = self._seen[keys[at]]
            code = "duplicate" if content == firsts[at][1] else "duplicate_differs"
            problems[at] = [Problem("cert_no", code, str(line))]
        if self._numbered:
            numbers, documents = values["person_no"], values["cert_no"]
            owners = list(zip(chunk.lines, documents, strict=True))
            for at in _repeated(self._numbers, numbers, owners, problems):
                line, document = self._numbers[numbers[at]]
                if document != documents[at]:
                    problems[at] = [Problem("person_no", "duplicate_person_no", str(line))]


def _repeated(
    seen: dict[Any, tuple[int, Any]], keys: Sequence[Any], firsts: Sequence[tuple[int, Any]], problems: Problems
) -> list[int]:
    """Positions of rows without a problem whose key was seen before; the others' keys are now seen, too."""
    fresh = dict(zip(keys, firsts, strict=True))
    if len(fresh) == len(keys) and seen.keys().isdisjoint(fresh):  # the usual case, at once
        for at in problems:
            del fresh[keys[at]]
        seen |= fresh
        return []
    return [
        at
        for at, (key, first) in enumerate(zip(keys, firsts, strict=True))
        if at not in problems and seen.setdefault(key, first) is not first
    ]
