"""Our reference of a due, under which tax and its statements know it: area, insured year, number, check digits."""

from __future__ import annotations

import re

_REFERENCE = re.compile(r"(\d{6})-(\d{4})-(\d{10,})-(\d{2})")


def due_reference(area: str, insured_year: int, due_id: int) -> str:
    """The reference of a due: ``610922-2021-0000000123-07``. The last two digits catch a mistyped one."""
    return f"{area}-{insured_year}-{due_id:010d}-{_check(area, insured_year, due_id):02d}"


def due_number(reference: str) -> int | None:
    """The due's number, or None where this is no reference of ours."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return None
    area, year, number = match[1], int(match[2]), int(match[3])
    return number if int(match[4]) == _check(area, year, number) else None


def _check(area: str, insured_year: int, due_id: int) -> int:
    digits = max(10, len(str(due_id)))
    return 97 - ((int(area) * 10_000 + insured_year) * int(10**digits) + due_id) * 100 % 97
