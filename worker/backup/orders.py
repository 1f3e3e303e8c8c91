"""Orders that the treasury holds and a restored book does not: taken in before the same is ordered once more.

An order says what it pays by a tag in its purpose: one for the same person, insurance and fund, whoever numbers it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.database.arrays import array
from worker.house import House
from worker.keyed_hash import keyed_hash
from worker.keys import Key
from worker.ledger.post import Transfer

_ANY = text("SELECT EXISTS (SELECT FROM stray WHERE side = 'treasury' AND outcome IS NULL)")
_OPEN = text(
    "SELECT number, tag, amount, state, code, executed_on FROM stray WHERE side = 'treasury' AND outcome IS NULL"
    " AND tag = ANY(CAST(:tags AS text[])) ORDER BY number FOR UPDATE"
)
_OF = text("SELECT id, cert_type, cert_cipher FROM person WHERE id = ANY(CAST(:ids AS bigint[]))")
_ADOPTED = text("UPDATE stray SET outcome = 'adopted' WHERE side = 'treasury' AND number = ANY(CAST(:ids AS bigint[]))")
_ORDER = (
    "INSERT INTO disbursement (id, {column}, attempt, bank_account_id, amount, batch, state, code, settled_on)"
    " VALUES (:number, :id, :attempt, :account, :amount, 'adopted', :state, :code, :on)"
)
_MOVED = "UPDATE {table} SET state = :state, held_because = :because WHERE id = :id"
_TOLD = text(
    "UPDATE stray s SET state = n.outcome, code = n.code, executed_on = n.on_day FROM unnest(CAST(:ids AS bigint[]),"
    " CAST(:outcomes AS text[]), CAST(:codes AS text[]), CAST(:days AS date[])) AS n(id, outcome, code, on_day)"
    " WHERE s.side = 'treasury' AND s.number = n.id AND s.outcome IS NULL RETURNING s.number"
)
_STATES = {"open": "ordered", "paid": "paid", "returned": "held"}


def tags(house: House, key: Key, kind: str, rows: Sequence[tuple[str, str, str]]) -> list[str]:
    """The tag of each order under an index key. ``rows``: the person's document, insurance, fund (empty: a refund)."""
    place, digest = f"{kind}|{house.law.area}|{house.law.insured_year}", keyed_hash(key.secret, key.algorithm)
    return [digest(f"{place}|{who}|{insurance}|{fund}".encode()).hex()[:16] for who, insurance, fund in rows]


def take_in(
    connection: Connection, house: House, payable: Any, rows: Sequence[Any]
) -> tuple[set[int], list[Transfer], list[Event]]:
    """Of what is ready to be ordered, that which the treasury holds already: ids, postings, events.

    An order that came back counts as an attempt; the next one of the same tag and amount follows it.
    """
    if not rows or not connection.execute(_ANY).scalar_one():
        return set(), [], []
    of = connection.execute(_OF, {"ids": array(row.person_id for row in rows)}).all()
    numbers = house.vault.decrypt([bytes(row.cert_cipher) for row in of])
    people = {row.id: f"{row.cert_type}|{number}" for row, number in zip(of, numbers, strict=True)}
    about = [(people[row.person_id], row.insurance, row.source) for row in rows]
    ring = house.vault.keychain.ring("index").values()  # the key may have been changed since the backup
    tagged = list(zip(*(tags(house, key, payable.kind, about) for key in ring), strict=True))
    strays: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for stray in connection.execute(_OPEN, {"tags": array(tag for those in tagged for tag in those)}):
        strays[stray.tag, stray.amount].append(stray)
    done: set[int] = set()
    moves: list[Transfer] = []
    events: list[Event] = []
    for row, those in zip(rows, tagged, strict=True):
        found = next((strays[tag, row.amount] for tag in those if strays.get((tag, row.amount))), [])
        attempt = row.attempts
        while found:
            stray = found.pop(0)
            attempt += 1
            moves += _book(connection, house, payable, row, stray, attempt)
            events.append(_event(payable, row, stray))
            done.add(row.id)
            if stray.state != "returned":
                break
    return done, moves, events


def note_results(connection: Connection, told: dict[int, dict[str, Any]]) -> set[int]:
    """Keep what the feed says of orders that are stray still; returns their numbers."""
    values = {
        "ids": list(told),
        "outcomes": [item["outcome"] for item in told.values()],
        "codes": [item["code"] for item in told.values()],
        "days": [item["executed_on"] for item in told.values()],
    }
    return set(connection.execute(_TOLD, values).scalars()) if told else set()


def _book(connection: Connection, house: House, payable: Any, row: Any, stray: Any, attempt: int) -> list[Transfer]:
    state = "accepted" if stray.state == "open" else stray.state
    values = {
        "number": stray.number, "id": row.id, "attempt": attempt, "account": row.account, "amount": row.amount,
        "state": state, "code": stray.code, "on": stray.executed_on,
    }  # fmt: skip
    connection.execute(text(_ORDER.format(column=payable.column)), values)
    moved = {"id": row.id, "state": _STATES[stray.state], "because": stray.code}
    connection.execute(text(_MOVED.format(table=payable.table)), moved)
    connection.execute(_ADOPTED, {"ids": array([stray.number])})
    accounts = house.accounts(house.law.area)
    about = (accounts, stray.number, row.due_id, row.insurance, row.source, row.amount)
    steps = [payable.ordered(*about)]
    if stray.state != "open":
        steps.append((payable.arrived if stray.state == "paid" else payable.came_back)(*about))
    return steps


def _event(payable: Any, row: Any, stray: Any) -> Event:
    facts = {payable.kind: row.id, "order": stray.number, "amount": row.amount, "code": stray.code}
    what = "found_ordered" if stray.state == "open" else stray.state
    return Event(f"{payable.kind}.{what}", row.person_id, facts)
