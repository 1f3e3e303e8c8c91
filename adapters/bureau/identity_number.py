"""Citizen identity numbers (GB 11643-1999): eighteen characters, a birth date inside, a mod 11-2 check digit."""

from __future__ import annotations

import re
from datetime import date
from operator import mul

_FORM = re.compile(r"[1-9][0-9]{16}[0-9X]")
_WEIGHTS = tuple((1 << (17 - position)) % 11 for position in range(17))
_ZERO = 48 * sum(_WEIGHTS)
_CHECK_CHARACTERS = "10X98765432"

_PROVINCES_BY_REGION = ("12345", "123", "1234567", "123456", "01234", "12345", "1", "123")
PROVINCES = frozenset(
    f"{region}{province}" for region, provinces in enumerate(_PROVINCES_BY_REGION, 1) for province in provinces
)
"""First two digits that GB/T 2260 gives to a province. Another prefix is worth a note, not a refusal: codes change."""


def check_character(first17: str) -> str:
    """The eighteenth character that belongs to seventeen digits."""
    return _CHECK_CHARACTERS[(sum(map(mul, first17.encode(), _WEIGHTS)) - _ZERO) % 11]


class BirthDates(dict[str, date | None]):
    """Birth dates by their eight digits, each worked out once; None for a date that does not exist."""

    def __missing__(self, digits: str) -> date | None:
        try:
            found = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        except ValueError:
            found = None
        self[digits] = found
        return found


def fault(number: str, births: BirthDates) -> str | None:
    """What is wrong as a reason code (``cert_length``, ``format``, ``cert_date``, ``cert_checksum``), or None."""
    if _FORM.fullmatch(number) is None:
        return "cert_length" if number.isalnum() and number.isascii() and len(number) != 18 else "format"
    born = births[number[6:14]]
    if born is None or born.year < 1880:
        return "cert_date"
    if _CHECK_CHARACTERS[(sum(map(mul, number[:17].encode(), _WEIGHTS)) - _ZERO) % 11] != number[17]:
        return "cert_checksum"
    return None
