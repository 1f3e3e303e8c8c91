"""The treasury over HTTP (``openapi.yaml`` beside this file)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date

from adapters import replies
from adapters.gate import Gate
from adapters.http import Exchange, Limits, bearer
from adapters.ports import Acknowledgement, MonthTotal, Page, Rows, TreasuryStatement
from adapters.rows import OrderState
from adapters.treasury.reading import order_states, result_fault
from adapters.treasury.statement import read_statement

_ORDERS = "/v1/order-batches"


class TreasuryClient:
    """A :class:`adapters.ports.TreasuryPort` over HTTP. After a fork each process has its own connections."""

    gives_totals = True

    def __init__(
        self,
        base_url: str,
        key: str,
        limits: Limits | None = None,
        rng: random.Random | None = None,
        gate: Gate | None = None,
    ) -> None:
        limits, rng = limits or Limits(), rng or random.SystemRandom()
        self._exchange = Exchange("The treasury", base_url, bearer(key, limits), limits, rng, gate)

    def encode_orders(self, key: str, area: str, rows: Rows) -> bytes:
        return replies.encode({"batch": key, "area": area, "rows": rows})

    def submit_orders(self, key: str, body: bytes) -> list[Acknowledgement]:
        return self._exchange.write(_ORDERS, key, body, replies.acknowledgements(key, body))

    def ask_orders(self, key: str, body: bytes) -> list[Acknowledgement] | None:
        return self._exchange.ask(_ORDERS, key, replies.acknowledgements(key, body))

    def order_states(self, references: Sequence[str]) -> list[OrderState]:
        body = replies.encode({"references": list(references)})
        return self._exchange.read("/v1/order-states", order_states(references), body=body)

    def results(self, cursor: str | None, limit: int) -> Page:
        params = {"limit": str(limit)} | ({} if cursor is None else {"cursor": cursor})
        return self._exchange.read(
            "/v1/results", lambda reply: replies.page(reply, cursor, result_fault), params=params
        )

    def statements(self, first: date, last: date) -> dict[date, bytes]:
        params = {"from": first.isoformat(), "to": last.isoformat()}
        return self._exchange.read("/v1/statements", replies.statement_files(first, last), params=params)

    def read_statement(self, body: bytes) -> TreasuryStatement:
        return read_statement(body)

    def monthly(self, month: date) -> list[MonthTotal] | None:
        body = self._exchange.read_file(f"/v1/monthly/{month:%Y-%m}", absent="not_issued")
        return None if body is None else replies.month_totals(body, "outcome")

    def close(self) -> None:
        self._exchange.close()
