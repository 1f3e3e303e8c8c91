"""Citizen identity numbers (GB 11643-1999): eighteen characters, a birth date inside, a mod 11-2 check digit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import numpy as np

_FORM = re.compile(r"[1-9][0-9]{16}[0-9X]")
_WEIGHTS = np.array([(1 << (17 - position)) % 11 for position in range(17)])
_CHECKS = np.frombuffer(b"10X98765432", np.uint8)

_PROVINCES_BY_REGION = ("12345", "123", "1234567", "123456", "01234", "12345", "1", "123")
PROVINCES = frozenset(
    f"{region}{province}" for region, provinces in enumerate(_PROVINCES_BY_REGION, 1) for province in provinces
)
"""First two digits that GB/T 2260 gives to a province. Another prefix is worth a note, not a refusal: codes change."""


def check_character(first17: str) -> str:
    """The eighteenth character that belongs to seventeen digits."""
    return chr(_CHECKS[np.array([int(digit) for digit in first17]) @ _WEIGHTS % 11])


@lru_cache(maxsize=65_536)
def birth_date(digits: str) -> date | None:
    """The date written as eight digits inside a number, or None where there is no such date."""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def faults(numbers: Sequence[str]) -> dict[int, str]:
    """What is wrong with a column of numbers: position to reason code.

    The codes are ``cert_length``, ``format``, ``cert_date`` and ``cert_checksum``.
    """
    found: dict[int, str] = {}
    formed = []
    for at, number in enumerate(numbers):
        if _FORM.fullmatch(number) is None:
            wrong_length = number.isascii() and number[:-1].isdecimal() and len(number) != 18
            found[at] = "cert_length" if wrong_length else "format"
        elif (born := birth_date(number[6:14])) is None or born.year < 1880:
            found[at] = "cert_date"
        else:
            formed.append(at)
    if formed:
        characters = np.frombuffer("".join([numbers[at] for at in formed]).encode(), np.uint8).reshape(-1, 18)
        expected = _CHECKS[(characters[:, :17].astype(np.int64) - 48) @ _WEIGHTS % 11]
        found |= {formed[at]: "cert_checksum" for at in np.flatnonzero(expected != characters[:, 17]).tolist()}
    return found
