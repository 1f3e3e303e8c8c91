"""Our reference of an order to the treasury: area and number."""

from __future__ import annotations


def order_reference(area: str, order_id: int) -> str:
    """The reference of an order: ``610922-123``."""
    return f"{area}-{order_id}"


def order_number(area: str, reference: str) -> int | None:
    """The order's number, or None where this is no reference of this area's."""
    head, _, tail = reference.partition("-")
    sound = head == area and tail.isascii() and tail.isdecimal() and len(tail) < 19
    return int(tail) if sound and order_reference(area, int(tail)) == reference else None
