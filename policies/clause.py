"""Clause numbers in a notice's own numbering, such as ``二``, ``四(一)``, ``二(一)1``, and their order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import AfterValidator

DIGITS: Final = "一二三四五六七八九十"
"""The signs of a Chinese clause number."""
_SHAPE: Final = re.compile(rf"([{DIGITS}]+)(?:\(([{DIGITS}]+)\))?([1-9]\d?)?")


def numeral_value(numeral: str) -> int:
    """The value of a Chinese numeral from 一 to 九十九."""
    tens, ten, ones = numeral.rpartition("十")
    if not ten:
        return DIGITS.index(numeral) + 1
    return (DIGITS.index(tens) + 1 if tens else 1) * 10 + (DIGITS.index(ones) + 1 if ones else 0)


def clause_order(clause: str) -> tuple[int, int, int]:
    """Sort key of a clause: its place in the text. Raises ``ValueError`` for what is no clause number."""
    match = _SHAPE.fullmatch(clause)
    if match is None:
        raise ValueError(f"{clause!r} is not a clause number: write it as 二, 四(一), 四1 or 二(一)1")
    return numeral_value(match[1]), numeral_value(match[2]) if match[2] else 0, int(match[3] or 0)


def in_text_order(clauses: Iterable[str]) -> tuple[str, ...]:
    """The clauses, each once, in the order of the text."""
    return tuple(sorted(set(clauses), key=clause_order))


def _checked(clause: str) -> str:
    clause_order(clause)
    return clause


Clause = Annotated[str, AfterValidator(_checked)]
"""A clause number, checked."""
