"""The rules that are measured: jilin-2021 with one figure left to each of ten areas, and what the ten have set."""

from __future__ import annotations

from typing import Any, Final

import yaml

from policies.load import NOTICES
from policies.local import LocalParameters, bound_problems
from policies.notice import Notice

AREAS: Final = ("220102", "220103", "220104", "220105", "220106", "220182", "220202", "220203", "220302", "220303")
LOCAL_RULE: Final = "assist-130"
LOCAL_CATEGORIES: Final = ("minimum_living_allowance", "registered_poor")
AMOUNTS: Final = (13000, 13500, 14000, 15000, 16000, "65%", "50%", 18000, 12000, 20000)
"""What each area gives to either category: fen, or a share of the individual standard."""


def notice() -> Notice:
    """jilin-2021, its assistance of 130 yuan being left to the locality."""
    written: dict[str, Any] = yaml.safe_load((NOTICES / "jilin-2021.yaml").read_text("utf-8"))
    rule = next(rule for rule in written["assistance"]["rules"] if rule["id"] == LOCAL_RULE)
    parts = [
        {**rule, "id": f"assist-{category.replace('_', '-')}", "categories": [category]}
        | {"shares": [{"source": "medical_assistance", "amount": {"local": category}}]}
        for category in LOCAL_CATEGORIES
    ]
    others = [one for one in written["assistance"]["rules"] if one is not rule]
    written["assistance"]["rules"] = [*others, *parts]
    bound = {"clauses": rule["clauses"], "source": "medical_assistance"}
    written["local_parameters"] = {"assistance": dict.fromkeys(LOCAL_CATEGORIES, bound)}
    return Notice.model_validate(written)


def local_parameters() -> dict[str, LocalParameters]:
    """What each of the ten areas has set, within the notice's bounds."""
    law, found = notice(), {}
    for area, amount in zip(AREAS, AMOUNTS, strict=True):
        assistance = dict.fromkeys(LOCAL_CATEGORIES, amount)
        local = LocalParameters.model_validate({"notice": law.notice, "areas": [area], "assistance": assistance})
        assert not list(bound_problems(local, law))
        found[area] = local
    return found
