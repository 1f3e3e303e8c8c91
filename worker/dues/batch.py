"""Dues in batches: reading the current ones, numbering and writing new ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from policies.money import Fen
from worker.database.arrays import array
from worker.database.copy import copy_columns
from worker.dues.reference import due_reference
from worker.law import Slot

_CURRENT = text(
    "SELECT id, enrolment_id, person_id, insurance, payer, part, version, standard, amount, channel, deadline, state,"
    " paid, lowered, paid_on, reversed, assessed_on FROM due"
    " WHERE enrolment_id = ANY(CAST(:ids AS bigint[])) AND current ORDER BY id"
)
OPEN = ("assessed", "accepted", "part_paid", "voiding")


class Due(NamedTuple):
    """A new version of an amount due, as one row of the table ``due``."""

    id: int
    enrolment_id: int
    person_id: int
    area: str
    insured_year: int
    insurance: str
    payer: str
    part: int
    version: int
    decision_id: int
    standard: Fen
    amount: Fen
    channel: str
    assessed_on: date
    deadline: date
    batch: str


def asked_for(due: Due) -> dict[str, Any]:
    """A new due as the audit log tells of it."""
    reference = due_reference(due.area, due.insured_year, due.id)
    return {"reference": reference, "version": due.version, "payer": due.payer, "amount": due.amount}


def current_dues(connection: Connection, enrolment_ids: Sequence[int]) -> dict[int, list[Any]]:
    """The current version of each due, by enrolment."""
    found: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(_CURRENT, {"ids": array(enrolment_ids)}):
        found[row.enrolment_id].append(row)
    return found


def next_numbers(connection: Connection, sequence: str, count: int) -> list[int]:
    """``count`` fresh numbers of a sequence of ours."""
    statement = text("SELECT nextval(CAST(:name AS regclass)) FROM generate_series(1, :count)")
    return list(connection.execute(statement, {"name": sequence, "count": count}).scalars())


def write_dues(connection: Connection, dues: Sequence[Due], replaced: Sequence[int]) -> None:
    """Add the dues as current versions; the ids in ``replaced`` stop being current."""
    if replaced:
        connection.execute(text("UPDATE due SET current = false WHERE id = ANY(:ids)"), {"ids": list(replaced)})
    if dues:
        copy_columns(connection, "due", dict(zip(Due._fields, zip(*dues, strict=True), strict=True)))


def same(due: Any, slot: Slot, deadline: date) -> bool:
    """Whether an existing due already asks for just this; the special channel may ask for what the ordinary one would,
    such as after a refund of the wrong tier.
    """
    return bool(due.amount == slot.amount and due.channel in (slot.channel, "special") and due.deadline == deadline)
