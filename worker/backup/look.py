"""Asking tax and treasury, after a restore, what they hold of ours that the restored book does not know of any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import orjson
from sqlalchemy import text

from worker.assistance.reference import order_reference
from worker.backup.hold import open_restore
from worker.database.arrays import array
from worker.dues.reference import due_reference
from worker.feeds.cursor import PAYMENTS, RESULTS, position
from worker.house import House
from worker.reconciliation.sides import files

WINDOW, EMPTY_WINDOWS = 1000, 3
"""Numbers asked for at a time, and how many such stretches of unknown ones end the search: a batch that never left."""
_LONGEST = 62
_INSURANCES = {"390": "resident_medical", "410": "long_term_care"}
_KEEP = text(
    "INSERT INTO stray (side, number, restore_id, state, amount, person_no, insurance, payer, deadline, tax_no, tag,"
    " code, executed_on) SELECT :side, number, :restore, state, amount, person_no, insurance, payer, deadline, tax_no,"
    " tag, code, executed_on FROM json_to_recordset(:rows) AS r(number bigint, state text, amount bigint,"
    " person_no text, insurance text, payer text, deadline date, tax_no text, tag text, code text, executed_on date)"
    " ON CONFLICT (side, number) DO UPDATE SET state = excluded.state, code = excluded.code,"
    " executed_on = excluded.executed_on, tax_no = excluded.tax_no WHERE stray.outcome IS NULL"
)
_OURS = text(
    "SELECT id, state FROM due WHERE area = :area AND insured_year = :year AND state IN ('assessed', 'accepted',"
    " 'voiding') ORDER BY id"
)
_LOOKED = text("UPDATE restore SET looked_at = now() WHERE released_at IS NULL")
_KNOWN = "SELECT id FROM {} WHERE id = ANY(CAST(:ids AS bigint[]))"
_COMPARED = text("SELECT max(followed_to) FROM feed_cursor")


@dataclass
class Found:
    """Strays by side and state, our own dues of which tax says otherwise, feeds and statements since."""

    strays: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """(side, state): how many, fen."""
    accepted: list[Any] = field(default_factory=list)
    """States of dues that tax has taken or refused and we think never left."""
    voided: list[int] = field(default_factory=list)
    """Dues that tax has withdrawn and we think are open."""
    payments: tuple[int, int] = (0, 0)
    """Lines of tax's feed that we have not booked, and their fen; of payments less what was taken back."""
    results: tuple[int, int] = (0, 0)
    statements: dict[str, list[date]] = field(default_factory=dict)
    """Days for which a statement lies there that is after what we have followed, by side."""


class NotHeld(Exception):
    """No restore waits to be released."""


def look(house: House) -> Found:
    """Ask both neighbours, keep what is stray, and tell; nothing is sent or booked.

    Raises ``NotHeld``, ``Unavailable``.
    """
    with house.engine.connect() as connection:
        restore = open_restore(connection)
    if restore is None:
        raise NotHeld("no restore waits to be released: `levy restore show` lists earlier ones")
    found, last = Found(), restore.last_numbers
    area, year = house.law.area, house.law.insured_year
    dues = _beyond(last["due_number"], lambda n: due_reference(area, year, n), house.tax.due_states)
    _keep(house, found, restore.id, "tax", [_due(*one) for one in dues])
    orders = _beyond(last["disbursement_number"], lambda n: order_reference(area, n), house.treasury.order_states)
    _keep(house, found, restore.id, "treasury", [_order(*one) for one in orders])
    _own(house, found)
    found.payments = _feed(house.tax.payments, position(house.engine, PAYMENTS), house)
    found.results = _feed(house.treasury.results, position(house.engine, RESULTS), house)
    _statements(house, found)
    with house.engine.begin() as connection:
        connection.execute(_LOOKED)
    return found


def _beyond(
    last: int, reference: Callable[[int], str], ask: Callable[[Sequence[str]], Sequence[Any]]
) -> Iterator[tuple[int, Any]]:
    """What a neighbour holds under numbers after ``last``, until it knows none for long enough."""
    empty, first = 0, last + 1
    while empty < EMPTY_WINDOWS:
        numbers = range(first, first + WINDOW)
        states = ask([reference(number) for number in numbers])
        known = [(number, state) for number, state in zip(numbers, states, strict=True) if state["state"] != "unknown"]
        yield from known
        empty = 0 if known else empty + 1
        first += WINDOW


def _due(number: int, state: Any) -> dict[str, Any]:
    return {
        "number": number, "state": state["state"], "amount": state["amount"], "person_no": state["person_no"],
        "insurance": _INSURANCES.get(state["insurance"], state["insurance"]), "payer": state["sponsor"] or "person",
        "deadline": state["deadline"], "tax_no": state["number"],
    }  # fmt: skip


def _order(number: int, state: Any) -> dict[str, Any]:
    return {
        "number": number, "state": state["state"], "amount": state["amount"],
        "tag": state["purpose"].rpartition("#")[2], "code": state["code"], "executed_on": state["executed_on"],
    }  # fmt: skip


def _keep(house: House, found: Found, restore: int, side: str, rows: list[dict[str, Any]]) -> None:
    table = "due" if side == "tax" else "disbursement"
    with house.engine.begin() as connection:
        known = text(_KNOWN.format(table))
        ours = set(connection.execute(known, {"ids": array(row["number"] for row in rows)}).scalars())
        rows = [row for row in rows if row["number"] not in ours]
        connection.execute(_KEEP, {"side": side, "restore": restore, "rows": orjson.dumps(rows).decode()})
    for row in rows:
        count, fen = found.strays.get((side, row["state"]), (0, 0))
        found.strays[side, row["state"]] = count + 1, fen + row["amount"]


def _own(house: House, found: Found) -> None:
    area, year = house.law.area, house.law.insured_year
    with house.engine.connect() as connection:
        ours = connection.execute(_OURS, {"area": area, "year": year}).all()
    for at in range(0, len(ours), WINDOW):
        part = ours[at : at + WINDOW]
        states = house.tax.due_states([due_reference(area, year, row.id) for row in part])
        for row, state in zip(part, states, strict=True):
            if row.state == "assessed" and state["state"] != "unknown":
                found.accepted.append(state)
            if state["state"] == "voided":
                found.voided.append(row.id)


def _feed(read: Callable[[str | None, int], Any], cursor: str | None, house: House) -> tuple[int, int]:
    lines = fen = 0
    while True:
        page = read(cursor, house.settings.payments_page)
        lines += len(page.items) + len(page.malformed)
        for item in page.items:
            back = item.get("kind", item.get("outcome")) in ("reversal", "refund", "returned")
            fen += -item["amount"] if back else item["amount"]
        cursor = page.next_cursor
        if not page.more:
            return lines, fen


def _statements(house: House, found: Found) -> None:
    with house.engine.connect() as connection:
        followed: date | None = connection.execute(_COMPARED).scalar_one()
    today = house.clock.today()
    first = max(followed or today, today - timedelta(days=_LONGEST))
    days = [first + timedelta(days=after) for after in range((today - first).days)]
    for side, port in (("tax", house.tax), ("treasury", house.treasury)):
        found.statements[side] = [day for day, body in files(port, days) if body is not None]
