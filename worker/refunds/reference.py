"""Our reference of a refund that tax carries out: area, the letter R, number."""

from __future__ import annotations


def refund_reference(area: str, item_id: int) -> str:
    """The reference of a refund item: ``610922-R123``."""
    return f"{area}-R{item_id}"


def refund_number(area: str, reference: str | None) -> int | None:
    """The item's number, or None where this is no reference of this area's."""
    head, _, tail = (reference or "").partition("-R")
    sound = head == area and tail.isascii() and tail.isdecimal() and len(tail) < 19
    return int(tail) if sound and refund_reference(area, int(tail)) == reference else None
