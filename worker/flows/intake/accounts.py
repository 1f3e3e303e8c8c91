"""Bank accounts: append-only; a list that names another account than the newest adds it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.flows.intake import people
from worker.flows.intake.counts import Merged

_ADD = text(
    "INSERT INTO bank_account (person_id, account_cipher, account_index, account_name_cipher, bank, business_date,"
    " source_file, recorded_at)"
    " SELECT s.person_id, s.account_cipher, s.account_index, s.account_name_cipher, s.bank, :day, :file, :now"
    " FROM staged s LEFT JOIN LATERAL (SELECT b.account_index, b.business_date FROM bank_account b"
    "  WHERE s.known AND b.person_id = s.person_id ORDER BY b.business_date DESC, b.id DESC LIMIT 1)"
    " AS newest ON true WHERE s.account_index IS NOT NULL AND (newest.account_index IS NULL"
    " OR (newest.account_index <> s.account_index AND newest.business_date <= :day))"
    " ORDER BY s.line RETURNING person_id"
)
_HAS_ACCOUNTS = text("SELECT EXISTS (SELECT FROM staged WHERE account_index IS NOT NULL)")
_HAD_ONE = text("SELECT DISTINCT person_id FROM bank_account WHERE person_id = ANY(:people) AND source_file <> :file")


def merge(connection: Connection, day: date, file_id: int, now: datetime) -> Merged:
    """Bring what is staged into persons and accounts."""
    merged = Merged(refused=people.meet(connection))
    added, merged.events = add(connection, day, file_id, now)
    merged.changed = len(merged.events)
    merged.added = added - merged.changed
    return merged


def add(connection: Connection, day: date, file_id: int, now: datetime) -> tuple[int, list[Event]]:
    """Add the staged accounts that are news; how many, and an event for each that replaces another."""
    if not connection.execute(_HAS_ACCOUNTS).scalar_one():
        return 0, []
    values = {"day": day, "file": file_id, "now": now}
    holders = list(connection.execute(_ADD, values).scalars())
    if not holders:
        return 0, []
    replaced = connection.execute(_HAD_ONE, {"people": holders, "file": file_id}).scalars()
    return len(holders), [Event("account.changed", person_id, {}) for person_id in sorted(replaced)]
