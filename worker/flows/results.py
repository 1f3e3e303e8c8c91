"""Results: follow the treasury's feed of executed orders; what the bank returned is held until it is corrected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, text

from adapters.ports import Malformed, Page
from worker.assistance.reference import order_number
from worker.audit.log import Event
from worker.backup.orders import note_results
from worker.feeds.cursor import BUSY, RESULTS, advance, following, note_followed, position
from worker.feeds.held import hold
from worker.house import House
from worker.jobs.outcome import Done, Outcome
from worker.jobs.work import Work
from worker.ledger.post import post
from worker.payables import PAYABLES, Payable, hold_cases, moved

_BOOKED = text("SELECT id, amount, state, code FROM disbursement WHERE id = ANY(:ids)")


def pull(work: Work, house: House) -> Outcome | None:
    """The tick: take page after page until the feed has no more; each page is one transaction with its cursor."""
    with following(work, RESULTS) as still_here:
        if still_here is None:
            return BUSY
        return _follow(work, house, still_here)


def _follow(work: Work, house: House, still_here: Callable[[], None]) -> Outcome:
    seen = 0
    while True:
        still_here()
        before = position(house.engine, RESULTS)
        page = house.treasury.results(before, house.settings.payments_page)
        with work.step() as connection:
            if not advance(connection, RESULTS, before, page.next_cursor):
                return BUSY
            if page.items or page.malformed:
                _record(connection, work, house, page)
                seen += len(page.items)
            if not page.more:  # asked for after the business date had begun: what was executed before it has come
                note_followed(connection, RESULTS, work.job.business_date)
        if not page.more:
            return Done({"results": seen})


def _record(connection: Connection, work: Work, house: House, page: Page) -> None:
    area = house.law.area
    told: dict[int, dict[str, Any]] = {}  # of each order, what the page says first
    for item in page.items:
        if (number := order_number(area, item["reference"])) is not None:
            told.setdefault(number, item)
    hold_cases(connection, list(told))
    events = [event for payable in PAYABLES.values() for event in _book(connection, work, house, payable, told)]
    stray = note_results(connection, told)
    odd = _contradicting(connection, area, [i for i in page.items if order_number(area, i["reference"]) not in stray])
    hold(connection, house.vault, RESULTS, work.job.id, [*page.malformed, *odd])
    if odd or page.malformed:
        events.append(Event("assistance.results_held", None, {"results": len(odd) + len(page.malformed)}))
    house.audit.record(connection, work.origin(f"results-{page.next_cursor}"), events, house.clock.now())


def _book(
    connection: Connection, work: Work, house: House, payable: Payable, told: Mapping[int, dict[str, Any]]
) -> list[Event]:
    """Book what has become of the orders of one kind; returns the events."""
    values = {
        "ids": list(told),
        "outcomes": [item["outcome"] for item in told.values()],
        "codes": [item["code"] for item in told.values()],
        "days": [item["executed_on"] for item in told.values()],
        "amounts": [item["amount"] for item in told.values()],
    }
    rows = connection.execute(payable.execute, values).all()
    accounts = house.accounts(house.law.area)
    moves = (
        (payable.arrived if row.outcome == "paid" else payable.came_back)(
            accounts, row.order_id, row.due_id, row.insurance, row.source, row.amount
        )
        for row in rows
    )
    post(connection, moves, work.job.business_date)
    events = [
        Event(
            f"{payable.kind}.{row.outcome}",
            row.person_id,
            {payable.kind: row.id, "order": row.order_id, "amount": row.amount, "code": row.code},
        )
        for row in rows
    ]
    return events + moved(connection, payable, [row.id for row in rows])


def _contradicting(connection: Connection, area: str, items: Sequence[dict[str, Any]]) -> list[Malformed]:
    """Results that our book does not bear out once all are booked: no such order, or another amount or outcome."""
    numbers = {order_number(area, item["reference"]) for item in items} - {None}
    booked = {row.id: (row.amount, row.state, row.code) for row in connection.execute(_BOOKED, {"ids": list(numbers)})}
    return [
        Malformed(orjson.dumps(item).decode(), "its order is not ours, or has another amount or outcome in our book")
        for item in items
        if booked.get(order_number(area, item["reference"]) or 0) != (item["amount"], item["outcome"], item["code"])
    ]
