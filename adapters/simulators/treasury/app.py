"""The simulated treasury as a web application."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

import adapters.treasury
from adapters.contract import Contract
from adapters.simulators.control import control_routes
from adapters.simulators.faults import FaultPlan
from adapters.simulators.monthly_desk import monthly_route
from adapters.simulators.serving import Start
from adapters.simulators.statement_desk import StatementDesk, reissue_lever, statements_route
from adapters.simulators.treasury.book import TreasuryBook
from adapters.simulators.treasury.statements import MONTHLY, MONTHLY_NAMES, drawer
from adapters.simulators.wire import Wire, cursor_and_limit

DOCUMENT = Path(adapters.treasury.__path__[0]) / "openapi.yaml"


def application(start: Start) -> Starlette:
    """The application over the book in ``start.book``; ``start.settings`` may have ``faults``."""
    if unknown := start.settings.keys() - {"faults"}:
        raise ValueError(f"Unknown settings {sorted(unknown)}: known is faults.")
    if start.drop is not None:
        raise ValueError("The treasury answers no files: leave out --drop.")
    book = TreasuryBook(start.book / "treasury.sqlite", start.seed, start.today)
    faults = FaultPlan(book.seed)
    for fault in start.settings.get("faults", []):
        faults.order(fault)
    wire = Wire(Contract(DOCUMENT), book, faults, start.key)
    desk = StatementDesk(book, faults, drawer(book))

    def results(request: Request, _body: bytes) -> bytes:
        return wire.encoded(book.page(*cursor_and_limit(request)), "ResultPage")

    def states(_request: Request, body: bytes) -> bytes:
        references = wire.decoded(body, "StateQuestion")["references"]
        return wire.encoded(book.states(references), "States")

    def advance(to: date) -> dict[str, Any]:
        executed = book.advance(to)
        return {"today": book.today.isoformat(), "executed": executed}

    def view(detailed: bool) -> dict[str, Any]:
        return book.totals() | (book.details() if detailed else {})

    orders = wire.keyed("submit_orders", "OrderBatch", "Acknowledged", book.order)
    return Starlette(
        routes=[
            Route("/v1/order-batches", orders, methods=["POST"]),
            Route("/v1/order-batches/{key}", wire.ask("ask_orders", "submit_orders")),
            Route("/v1/order-states", wire.endpoint("order_states", states), methods=["POST"]),
            Route("/v1/results", wire.endpoint("results", results)),
            statements_route(wire, desk),
            reissue_lever(wire, desk),
            monthly_route(wire, MONTHLY_NAMES, MONTHLY),
            *control_routes(wire, advance, view),
        ]
    )
