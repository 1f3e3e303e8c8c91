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
        keys = zip(*(values[field] for field in self._key), strict=True)
        seen, lines = self._seen, chunk.lines
        contents = map(hash, map("\x1f".join, chunk.rows))
        for at, (key, content) in enumerate(zip(keys, contents, strict=True)):
            if at in problems:
                continue
            line, first_content = seen.setdefault(key, (lines[at], content))
            if line != lines[at]:
                code = "duplicate" if content == first_content else "duplicate_differs"
                problems[at] = [Problem("cert_no", code, str(line))]
        if self._numbered:
            self._note_numbers(lines, values, problems)

    def _note_numbers(self, lines: Sequence[int], values: Mapping[str, Sequence[Any]], problems: Problems) -> None:
        numbers = self._numbers
        for at, (number, document) in enumerate(zip(values["person_no"], values["cert_no"], strict=True)):
            if at in problems:
                continue
            line, first_document = numbers.setdefault(number, (lines[at], document))
            if first_document != document:
                problems[at] = [Problem("person_no", "duplicate_person_no", str(line))]
