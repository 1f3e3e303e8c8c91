"""Rows to send, and keys that no other test uses."""

from __future__ import annotations

from itertools import count
from typing import Any

_NUMBERS = count(1)


def fresh(prefix: str) -> str:
    """A text that was not used before."""
    return f"{prefix}-{next(_NUMBERS):06d}"


def due(**changes: Any) -> dict[str, Any]:
    """A due of 280 yuan for a new person of Shiquan."""
    row = {
        "reference": fresh("due"),
        "person_no": fresh("person"),
        "name": "王秀英",
        "cert_type": "01",
        "cert_no": "610922197005010016",
        "person_type": "1501",
        "town": "610922100",
        "insurance": "390",
        "amount": 28000,
        "payer": "person",
        "sponsor": None,
        "period_begin": "202101",
        "period_end": "202112",
        "deadline": "2020-12-31",
        "channel": "ordinary",
        "collection_type": "normal",
        "special": None,
        "collector": None,
        "supersedes": None,
    }
    if changes.get("channel") == "special":
        row["special"] = {"notice_no": fresh("notice"), "type": "late"}
    return row | changes


def sponsored_due(**changes: Any) -> dict[str, Any]:
    """A due that medical assistance pays in full."""
    return due(payer="sponsor", sponsor="medical_assistance") | changes


def order(**changes: Any) -> dict[str, Any]:
    """An order of 130 yuan to a good account."""
    row = {
        "reference": fresh("order"),
        "payee_name": "王秀英",
        "account_no": "6217001000000001233",
        "bank": "石泉县农商银行",
        "fund": "medical_assistance",
        "amount": 13000,
        "purpose": "2021 resident medical insurance assistance",
    }
    return row | changes
