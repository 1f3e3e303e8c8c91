"""What goes wrong in every season, because it always does: faults that its simulated neighbours are ordered."""

from __future__ import annotations

from typing import Any, Final

TAX: Final[list[dict[str, Any]]] = [
    {"kind": "double_payment", "operation": "pay", "count": 3, "skip": 60},
    {"kind": "collection_short", "operation": "pay"},  # two schools' lists do not add up
    {"kind": "collection_over", "operation": "pay"},
    *(
        {"kind": f"statement_{kind}_line", "operation": "statement", "skip": 12 + 8 * at, "adds_up": True}
        for at, kind in enumerate(("late", "altered", "missing", "extra"))
    ),
]
TREASURY: Final[list[dict[str, Any]]] = [
    {"kind": f"statement_{kind}_line", "operation": "statement", "skip": 30 + 30 * at, "adds_up": True}
    for at, kind in enumerate(("altered", "late", "extra"))
]
