"""What a value from the far side may be: a day, a word, a code. Whatever else it holds is never shown or logged."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TypeGuard

WRITTEN = r"[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
"""What looks like an identity number, right or mistyped: an area, a date of birth, four more characters."""
LARGEST_SEQUENCE = 2**53 - 1
_IDENTITY = re.compile(WRITTEN)
_CODE = re.compile(r"(?!.*[0-9]{7})[A-Za-z0-9_.:-]{1,40}")


def is_day(value: object) -> bool:
    """An ISO date written ``2020-09-01``, and no other way of writing it; before 1900 it is a slip."""
    return type(value) is str and _is_iso_day(value)


@lru_cache(maxsize=4096)
def _is_iso_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text and text >= "1900"
    except ValueError:
        return False


def is_word(value: object) -> TypeGuard[str]:
    """A short printable text: no control characters, no lone surrogates, nothing that a database cannot hold."""
    return type(value) is str and 0 < len(value) <= 64 and value.isprintable()


def is_reference(value: object) -> TypeGuard[str]:
    """A word that is no identity number: references and person numbers stand in clear in our book."""
    return is_word(value) and _IDENTITY.fullmatch(value) is None


def is_code(value: object) -> TypeGuard[str]:
    """A code of a code table, such as ``bad_amount`` or ``E1003``: nothing that could be somebody's number or name."""
    return type(value) is str and _CODE.fullmatch(value) is not None


def is_sequence(value: object) -> TypeGuard[int]:
    """A number that a feed counts its rows by."""
    return type(value) is int and 1 <= value <= LARGEST_SEQUENCE
