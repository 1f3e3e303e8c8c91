"""Posting: a transfer moves an amount between two accounts for a reason, once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from policies.money import Fen
from worker.database.copy import copy_columns


class Transfer(NamedTuple):
    """``amount`` fen from ``credit`` to ``debit`` (account numbers), because of ``code``, about ``subject_id``.

    ``(code, subject_id)`` is the idempotency key: the database refuses a second transfer with the same one.
    """

    code: str
    subject_id: int
    debit_id: int
    credit_id: int
    amount: Fen
    due_id: int | None


def post(connection: Connection, transfers: Iterable[Transfer], business_date: date) -> int:
    """Write the transfers in the caller's transaction; returns how many.

    Raises ``psycopg.IntegrityError`` for a key that was posted before or an amount that is not positive.
    """
    listed = list(transfers)
    if not listed:
        return 0
    columns = dict(zip(Transfer._fields, zip(*listed, strict=True), strict=True))
    return copy_columns(connection, "transfer", {**columns, "business_date": [business_date] * len(listed)})
