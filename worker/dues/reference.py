"""Our reference of a due, under which tax and its statements know it: area, insured year, number, check digits."""

from __future__ import annotations

import re
from functools import lru_cache

_REFERENCE = re.compile(r"([0-9]{6})-([0-9]{4})-([0-9]{10,})-[0-9]{2}")


def due_reference(area: str, insured_year: int, due_id: int) -> str:
    """The reference of a due: ``610922-2021-0000000123-07``. The last two digits catch a mistyped one."""
    number = f"{due_id:010d}"
    check = 97 - (_remainder(area, insured_year, len(number)) + due_id) * 100 % 97
    return f"{area}-{insured_year}-{number}-{check:02d}"


@lru_cache(maxsize=16_384)  # who settles a page of payments asks about each reference more than once
def due_number(reference: str) -> int | None:
    """The due's number, or None where this is no reference of ours."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return None
    area, year, number = match.groups()
    return int(number) if due_reference(area, int(year), int(number)) == reference else None


@lru_cache(maxsize=1024)
def _remainder(area: str, insured_year: int, digits: int) -> int:
    """What area and year, in front of so many digits, leave when divided by 97: the same for a whole county."""
    return (int(area) * 10_000 + insured_year) * int(10**digits) % 97
