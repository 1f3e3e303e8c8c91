"""The treasury over HTTP (``openapi.yaml`` beside this file)."""

from __future__ import annotations

import random
from typing import Any

from adapters import replies
from adapters.http import Exchange, Limits, bearer
from adapters.ports import Acknowledgement, Page, Rows
from adapters.words import is_day, is_word

_ORDERS = "/v1/order-batches"
_RETURN_CODES = ("account_missing", "account_closed", "name_mismatch")


class TreasuryClient:
    """A :class:`adapters.ports.TreasuryPort` over HTTP. After a fork each process has its own connections."""

    def __init__(self, base_url: str, key: str, limits: Limits | None = None, rng: random.Random | None = None) -> None:
        limits = limits or Limits()
        self._exchange = Exchange("The treasury", base_url, bearer(key, limits), limits, rng or random.SystemRandom())

    def encode_orders(self, key: str, area: str, rows: Rows) -> bytes:
        return replies.encode({"batch": key, "area": area, "rows": rows})

    def submit_orders(self, key: str, body: bytes) -> list[Acknowledgement]:
        return self._exchange.write(_ORDERS, key, body, replies.acknowledgements(key, body))

    def ask_orders(self, key: str, body: bytes) -> list[Acknowledgement] | None:
        return self._exchange.ask(_ORDERS, key, replies.acknowledgements(key, body))

    def results(self, cursor: str | None, limit: int) -> Page:
        params = {"limit": str(limit)} | ({} if cursor is None else {"cursor": cursor})
        return self._exchange.read(
            "/v1/results", lambda reply: replies.page(reply, cursor, result_fault), params=params
        )

    def close(self) -> None:
        self._exchange.close()


def result_fault(row: dict[str, Any]) -> str | None:
    """What is wrong with a result row, as a sentence; ``None`` when it can be booked."""
    if (fault := replies.amount_fault(row.get("amount"))) is not None:
        return fault
    for name in ("reference", "order_no"):
        if not is_word(row.get(name)):
            return f"its {name} is not a short text"
    if type(row.get("sequence")) is not int or row["sequence"] < 1:
        return "its sequence is not a positive number"
    outcome, code = row.get("outcome"), row.get("code")
    if not ((outcome == "paid" and code is None) or (outcome == "returned" and code in _RETURN_CODES)):
        return "its outcome and code make neither a payment nor a return"
    executed_on = row.get("executed_on")
    return None if is_day(executed_on) else "its executed_on is not a date"
