"""The simulated tax system as a web application."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

import adapters.tax
from adapters.contract import Contract
from adapters.simulators.control import control_routes, json_of, lever
from adapters.simulators.faults import FaultPlan
from adapters.simulators.monthly_desk import monthly_route
from adapters.simulators.serving import Start
from adapters.simulators.statement_desk import StatementDesk, reissue_lever, statements_route
from adapters.simulators.tax.book import TaxBook
from adapters.simulators.tax.files import Desks, FileDesk
from adapters.simulators.tax.refunds import RefundDesk
from adapters.simulators.tax.settings import payer_settings
from adapters.simulators.tax.statements import MONTHLY, MONTHLY_NAMES, drawer
from adapters.simulators.tax.till import Till
from adapters.simulators.tax.totals import details, totals
from adapters.simulators.wire import Problem, Wire, cursor_and_limit

DOCUMENT = Path(adapters.tax.__path__[0]) / "openapi.yaml"


def application(start: Start) -> Starlette:
    """The application over the book in ``start.book``; ``start.settings`` may have ``payers`` and ``faults``."""
    if unknown := start.settings.keys() - {"payers", "faults"}:
        raise ValueError(f"Unknown settings {sorted(unknown)}: known are payers and faults.")
    book = TaxBook(start.book / "tax.sqlite", start.seed, start.today, payer_settings(start.settings.get("payers", {})))
    faults = FaultPlan(book.seed)
    for fault in start.settings.get("faults", []):
        faults.order(fault)
    wire = Wire(Contract(DOCUMENT), book, faults, start.key)
    refunds = RefundDesk(book)
    till, desk = Till(book, faults, refunds), StatementDesk(book, faults, drawer(book))
    files = FileDesk(start.drop, wire, book, Desks(till, refunds, desk)) if start.drop else None
    app = Starlette(
        routes=[
            *_due_routes(wire, book, till),
            *_money_routes(wire, till, refunds, desk),
            *_control(wire, book, till, desk, files),
        ]
    )
    app.state.watch = files.watch if files else None
    return app


def _due_routes(wire: Wire, book: TaxBook, till: Till) -> list[Route]:
    def states(_request: Request, body: bytes) -> bytes:
        references = wire.decoded(body, "StateQuestion")["references"]
        return wire.encoded(book.states(references), "States")

    dues = wire.keyed("submit_dues", "DueBatch", "Acknowledged", book.present)
    voids = wire.keyed("void_dues", "VoidBatch", "Voided", book.void)
    declarations = wire.keyed("declare_sponsor", "SponsorDeclaration", "Acknowledged", till.declare)
    return [
        Route("/v1/due-batches", dues, methods=["POST"]),
        Route("/v1/due-batches/{key}", wire.ask("ask_due_batch", "submit_dues")),
        Route("/v1/due-states", wire.endpoint("due_states", states), methods=["POST"]),
        Route("/v1/void-batches", voids, methods=["POST"]),
        Route("/v1/void-batches/{key}", wire.ask("ask_void_batch", "void_dues")),
        Route("/v1/sponsor-declarations", declarations, methods=["POST"]),
        Route("/v1/sponsor-declarations/{key}", wire.ask("ask_sponsor_declaration", "declare_sponsor")),
    ]


def _money_routes(wire: Wire, till: Till, refunds: RefundDesk, desk: StatementDesk) -> list[Route]:
    def payments(request: Request, _body: bytes) -> bytes:
        return wire.encoded(till.page(*cursor_and_limit(request)), "PaymentPage")

    ordered = wire.keyed("submit_refunds", "RefundBatch", "Acknowledged", refunds.order)
    return [
        Route("/v1/refund-batches", ordered, methods=["POST"]),
        Route("/v1/refund-batches/{key}", wire.ask("ask_refund_batch", "submit_refunds")),
        Route("/v1/payments", wire.endpoint("payments", payments)),
        statements_route(wire, desk),
        monthly_route(wire, MONTHLY_NAMES, MONTHLY),
    ]


def _control(wire: Wire, book: TaxBook, till: Till, desk: StatementDesk, files: FileDesk | None) -> list[Route]:
    def advance(to: date) -> dict[str, Any]:
        with book.transaction():
            booked = till.advance(to)
        if files:
            files.issue()
        return {"today": book.today.isoformat(), "payments": booked}

    def reverse(_request: Request, body: bytes) -> bytes:
        wanted = json_of(body)
        voucher_no = str(wanted.get("voucher_no", ""))
        with book.transaction():
            reversed_ = till.reverse(voucher_no, wanted.get("line"))
        if not reversed_:
            raise Problem(404, "unknown_voucher", f"No payment {voucher_no} is there to reverse.")
        if files:
            files.issue()
        return orjson.dumps({})

    def view(detailed: bool) -> dict[str, Any]:
        return totals(book) | (details(book) if detailed else {})

    return [
        *control_routes(wire, advance, view),
        lever(wire, "/simulator/reverse", reverse),
        reissue_lever(wire, desk, lambda day: files.issue(again=day) if files else None),
    ]
