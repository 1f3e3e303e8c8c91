"""Results: follow the treasury's feed of executed orders; what the bank returned is held until it is corrected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, text

from adapters.ports import Malformed, Page
from worker.assistance.reference import order_number
from worker.audit.log import Event
from worker.feeds.cursor import RESULTS, advance, note_followed, position
from worker.feeds.held import hold
from worker.house import House
from worker.jobs.outcome import Done, Outcome
from worker.jobs.work import Work
from worker.ledger import assistance as ledger
from worker.ledger.post import post

_EXECUTED = text(
    "WITH told AS (UPDATE disbursement d SET state = n.outcome, code = n.code, settled_on = n.on_day"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:outcomes AS text[]), CAST(:codes AS text[]), CAST(:days AS date[]),"
    " CAST(:amounts AS bigint[])) AS n(id, outcome, code, on_day, amount)"
    " WHERE d.id = n.id AND d.amount = n.amount AND d.state IN ('ordered', 'accepted')"
    " RETURNING d.id, d.assistance_id, d.amount, d.state, d.code)"
    " UPDATE assistance a SET state = CASE told.state WHEN 'paid' THEN 'paid' ELSE 'held' END,"
    " held_because = told.code FROM told WHERE a.id = told.assistance_id"
    " RETURNING told.id AS order_id, told.state AS outcome, told.code, told.amount, a.id, a.person_id, a.due_id,"
    " a.insurance, a.source"
)

_BOOKED = text("SELECT id, amount, state, code FROM disbursement WHERE id = ANY(:ids)")


def pull(work: Work, house: House) -> Outcome | None:
    """The tick: take page after page until the feed has no more; each page is one transaction with its cursor."""
    seen = 0
    while True:
        before = position(house.engine, RESULTS)
        page = house.treasury.results(before, house.settings.payments_page)
        with work.step() as connection:
            if not advance(connection, RESULTS, before, page.next_cursor):
                return Done({"results": seen, "remark": "another worker follows the feed"})
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
    ours = list(told.items())
    rows: Sequence[Any] = connection.execute(
        _EXECUTED,
        {
            "ids": [number for number, _ in ours],
            "outcomes": [item["outcome"] for _, item in ours],
            "codes": [item["code"] for _, item in ours],
            "days": [item["executed_on"] for _, item in ours],
            "amounts": [item["amount"] for _, item in ours],
        },
    ).all()
    accounts = house.accounts(area)
    moves = (
        (ledger.arrived if row.outcome == "paid" else ledger.came_back)(
            accounts, row.order_id, row.due_id, row.insurance, row.source, row.amount
        )
        for row in rows
    )
    post(connection, moves, work.job.business_date)
    events = [
        Event(
            f"assistance.{row.outcome}",
            row.person_id,
            {"assistance": row.id, "order": row.order_id, "amount": row.amount, "code": row.code},
        )
        for row in rows
    ]
    odd = _contradicting(connection, area, page.items)
    hold(connection, house.vault, RESULTS, work.job.id, [*page.malformed, *odd])
    if odd or page.malformed:
        events.append(Event("assistance.results_held", None, {"results": len(odd) + len(page.malformed)}))
    house.audit.record(connection, work.origin(f"results-{page.next_cursor}"), events, house.clock.now())


def _contradicting(connection: Connection, area: str, items: Sequence[dict[str, Any]]) -> list[Malformed]:
    """Results that our book does not bear out once all are booked: no such order, or another amount or outcome."""
    numbers = {order_number(area, item["reference"]) for item in items} - {None}
    booked = {row.id: (row.amount, row.state, row.code) for row in connection.execute(_BOOKED, {"ids": list(numbers)})}
    return [
        Malformed(orjson.dumps(item).decode(), "its order is not ours, or has another amount or outcome in our book")
        for item in items
        if booked.get(order_number(area, item["reference"]) or 0) != (item["amount"], item["outcome"], item["code"])
    ]
