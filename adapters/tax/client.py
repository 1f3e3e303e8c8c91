"""The tax system over HTTP (``openapi.yaml`` beside this file)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date

from adapters import replies
from adapters.gate import Gate
from adapters.http import Exchange, Limits, bearer
from adapters.ports import Acknowledgement, MonthTotal, Page, Rows, Statement, VoidResult
from adapters.rows import DueState
from adapters.tax import reading
from adapters.tax.statement import read_statement

_DUES = "/v1/due-batches"
_VOIDS = "/v1/void-batches"
_DECLARATIONS = "/v1/sponsor-declarations"
_REFUNDS = "/v1/refund-batches"


class TaxClient:
    """A :class:`adapters.ports.TaxPort` over HTTP. After a fork each process has its own connections."""

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
        self._exchange = Exchange("The tax system", base_url, bearer(key, limits), limits, rng, gate)

    def encode_due_batch(self, key: str, area: str, insured_year: int, rows: Rows) -> bytes:
        return replies.encode({"batch": key, "area": area, "insured_year": insured_year, "rows": rows})

    def submit_dues(self, key: str, body: bytes) -> list[Acknowledgement]:
        return self._exchange.write(_DUES, key, body, replies.acknowledgements(key, body))

    def ask_due_batch(self, key: str, body: bytes) -> list[Acknowledgement] | None:
        return self._exchange.ask(_DUES, key, replies.acknowledgements(key, body))

    def due_states(self, references: Sequence[str]) -> list[DueState]:
        body = replies.encode({"references": list(references)})
        return self._exchange.read("/v1/due-states", reading.due_states(references), body=body)

    def encode_void_batch(self, key: str, area: str, rows: Rows) -> bytes:
        return replies.encode({"batch": key, "area": area, "rows": rows})

    def void_dues(self, key: str, body: bytes) -> list[VoidResult]:
        return self._exchange.write(_VOIDS, key, body, reading.void_results(key, body))

    def ask_void_batch(self, key: str, body: bytes) -> list[VoidResult] | None:
        return self._exchange.ask(_VOIDS, key, reading.void_results(key, body))

    def encode_sponsor_declaration(self, key: str, area: str, insured_year: int, sponsor: str, rows: Rows) -> bytes:
        content = {"batch": key, "area": area, "insured_year": insured_year, "sponsor": sponsor, "rows": rows}
        return replies.encode(content)

    def declare_sponsor(self, key: str, body: bytes) -> list[Acknowledgement]:
        return self._exchange.write(_DECLARATIONS, key, body, replies.acknowledgements(key, body))

    def ask_sponsor_declaration(self, key: str, body: bytes) -> list[Acknowledgement] | None:
        return self._exchange.ask(_DECLARATIONS, key, replies.acknowledgements(key, body))

    def encode_refund_batch(self, key: str, area: str, rows: Rows) -> bytes:
        return replies.encode({"batch": key, "area": area, "rows": rows})

    def submit_refunds(self, key: str, body: bytes) -> list[Acknowledgement]:
        return self._exchange.write(_REFUNDS, key, body, replies.acknowledgements(key, body))

    def ask_refund_batch(self, key: str, body: bytes) -> list[Acknowledgement] | None:
        return self._exchange.ask(_REFUNDS, key, replies.acknowledgements(key, body))

    def payments(self, cursor: str | None, limit: int) -> Page:
        params = {"limit": str(limit)} | ({} if cursor is None else {"cursor": cursor})
        return self._exchange.read("/v1/payments", lambda reply: reading.payment_page(reply, cursor), params=params)

    def statements(self, first: date, last: date) -> dict[date, bytes]:
        params = {"from": first.isoformat(), "to": last.isoformat()}
        return self._exchange.read("/v1/statements", replies.statement_files(first, last), params=params)

    def read_statement(self, body: bytes) -> Statement:
        return read_statement(body)

    def monthly(self, month: date) -> list[MonthTotal] | None:
        body = self._exchange.read_file(f"/v1/monthly/{month:%Y-%m}", absent="not_issued")
        return None if body is None else replies.month_totals(body, "kind")

    def close(self) -> None:
        self._exchange.close()
