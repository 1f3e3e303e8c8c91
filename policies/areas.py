"""Area codes against the areas a notice governs: whole codes, or the first digits of a city or a province."""

from __future__ import annotations

from collections.abc import Iterable


def covers(prefixes: Iterable[str], area: str) -> bool:
    """Whether an area lies in one of these areas, each a six-digit code or the leading digits of a wider one."""
    return any(area.startswith(prefix) for prefix in prefixes)


def same_city(one: str, other: str) -> bool:
    """Whether two areas belong to the same city, which is the pooling area proper (统筹区, R29)."""
    return one[:4] == other[:4]
