"""Replies of the treasury, read and checked."""

from __future__ import annotations

from typing import Any, get_args

from adapters.replies import amount_fault
from adapters.rows import ReturnCode
from adapters.words import is_day, is_word

_RETURN_CODES = get_args(ReturnCode)


def outcome_fits(outcome: object, code: object) -> bool:
    """Whether outcome and code make a payment, or a return by the bank."""
    return (outcome == "paid" and code is None) or (outcome == "returned" and code in _RETURN_CODES)


def result_fault(row: dict[str, Any]) -> str | None:
    """What is wrong with a result row, as a sentence; ``None`` when it can be booked."""
    if (fault := amount_fault(row.get("amount"))) is not None:
        return fault
    for name in ("reference", "order_no"):
        if not is_word(row.get(name)):
            return f"its {name} is not a short text"
    if type(row.get("sequence")) is not int or row["sequence"] < 1:
        return "its sequence is not a positive number"
    if not outcome_fits(row.get("outcome"), row.get("code")):
        return "its outcome and code make neither a payment nor a return"
    return None if is_day(row.get("executed_on")) else "its executed_on is not a date"
