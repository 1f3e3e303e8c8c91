"""Checks of the books against the audit log: what is in one is told of in the other, with the same person and amount.

That the log itself is whole is for ``worker.audit.verify`` to say.
"""

from __future__ import annotations

from sqlalchemy import Connection

from policies.money import yuan
from worker.ledger.finding import sentences, untold

_DUES = (
    "WITH told AS (SELECT e.person_id, split_part(item.reference, '-', 3)::bigint AS id, item.amount, item.version,"
    "  item.payer FROM audit_event e CROSS JOIN LATERAL jsonb_to_recordset(e.facts::jsonb->'dues')"
    "   AS item (reference text, amount bigint, version int, payer text)"
    "  WHERE e.action IN ('levy.assessed', 'levy.supplemented'))"
    " SELECT id, d.amount AS booked, told.amount AS told, d.id IS NULL AS lost, told.id IS NULL AS untold"
    " FROM due d FULL JOIN told USING (id) WHERE (d.person_id, d.amount, d.version, d.payer)"
    " IS DISTINCT FROM (told.person_id, told.amount, told.version, told.payer)"
    f" AND NOT {untold('d.assessed_on', 'told.id')}"
)
_PAYMENTS = (
    "WITH told AS MATERIALIZED (SELECT f->>'voucher' AS voucher_no, (f->>'line')::smallint AS line,"
    "  (f->>'amount')::bigint AS amount,"
    "  (f->>'due')::bigint AS due_id FROM (SELECT facts::jsonb AS f FROM audit_event WHERE action LIKE 'payment.%')"
    "  AS e WHERE f->>'voucher' IS NOT NULL)"
    " SELECT voucher_no, p.amount AS booked, told.amount AS told, p.id IS NULL AS lost, told.amount IS NULL AS untold"
    " FROM payment p FULL JOIN told USING (voucher_no, line)"
    " WHERE (p.amount, p.due_id) IS DISTINCT FROM (told.amount, told.due_id)"
    f" AND NOT {untold('p.tax_date', 'told.amount')}"
)
_GRANTS = (
    "WITH told AS MATERIALIZED (SELECT (f->>'assistance')::bigint AS id, (f->>'amount')::bigint AS amount,"
    "  f->>'source' AS source, person_id FROM (SELECT facts::jsonb AS f, person_id FROM audit_event"
    "   WHERE action IN ('assistance.granted', 'assistance.applied')) AS e)"
    " SELECT id, a.amount AS booked, told.amount AS told, a.id IS NULL AS lost, told.id IS NULL AS untold"
    " FROM assistance a FULL JOIN told USING (id)"
    " WHERE (a.amount, a.source, a.person_id) IS DISTINCT FROM (told.amount, told.source, told.person_id)"
    f" AND NOT {untold('a.granted_on', 'told.id')}"
)
_ORDERS = (
    "WITH told AS MATERIALIZED (SELECT (f->>'order')::bigint AS id, (f->>'amount')::bigint AS amount,"
    "  split_part(action, '.', 2) AS outcome, (f->>'assistance')::bigint AS assistance_id"
    "  FROM (SELECT facts::jsonb AS f, action FROM audit_event"
    "   WHERE action IN ('assistance.paid', 'assistance.returned', 'assistance.refused')) AS e),"
    " ended AS (SELECT * FROM disbursement WHERE state IN ('paid', 'returned', 'refused') AND refund_item_id IS NULL)"
    " SELECT id, o.amount AS booked, told.amount AS told, o.id IS NULL AS lost, told.id IS NULL AS untold"
    " FROM ended o FULL JOIN told USING (id) WHERE ((o.state, o.assistance_id) IS DISTINCT FROM"
    f" (told.outcome, told.assistance_id) OR told.amount <> o.amount) AND NOT {untold('o.settled_on', 'told.id')}"
)


def dues_are_told(connection: Connection) -> list[str]:
    """Every due was assessed by an event of the audit log, for the same person, with the same amount."""
    return _untold(connection, _DUES, "due {row.id}")


def payments_are_told(connection: Connection) -> list[str]:
    """Every payment has an event in the audit log, for the same due, with the same amount."""
    return _untold(connection, _PAYMENTS, "payment {row.voucher_no}")


def grants_are_told(connection: Connection) -> list[str]:
    """Every grant has an event in the audit log, for the same person and fund, with the same amount."""
    return _untold(connection, _GRANTS, "assistance {row.id}")


def orders_are_told(connection: Connection) -> list[str]:
    """Every pay-out that has ended has an event in the audit log, with the same outcome and amount."""
    return _untold(connection, _ORDERS, "order {row.id}")


def _untold(connection: Connection, query: str, place: str) -> list[str]:
    def sentence(row: object) -> str:
        what = place.format(row=row)
        if row.lost:  # type: ignore[attr-defined]
            return f"{what} is told of in the audit log and is not there"
        if row.untold:  # type: ignore[attr-defined]
            return f"{what} is not told of in the audit log"
        told, booked = row.told, row.booked  # type: ignore[attr-defined]
        if told is not None and told != booked:
            return f"{what} is of {yuan(booked)} yuan, the audit log says {yuan(told)}"
        return f"{what} is told otherwise in the audit log: another person, due, fund or outcome"

    return sentences(connection, query, sentence)
