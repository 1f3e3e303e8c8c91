"""Checks of assistance and pay-outs: against dues and accounts of persons, against the ledger, state against state."""

from __future__ import annotations

from sqlalchemy import Connection

from policies.money import yuan
from worker.ledger.finding import sentences

_PEOPLE = (
    "SELECT 'assistance ' || a.id AS what, CASE WHEN d.id IS NULL THEN 'due ' || a.due_id || ', which is not there'"
    "  WHEN d.person_id <> a.person_id THEN 'person ' || a.person_id || ', its due is of person ' || d.person_id"
    "  ELSE 'another enrolment, area or insurance than its due ' || d.id END AS names"
    " FROM assistance a LEFT JOIN due d ON d.id = a.due_id WHERE (d.id IS NULL AND a.due_id IS NOT NULL) OR"
    " (d.person_id, d.enrolment_id, d.area, d.insurance) <> (a.person_id, a.enrolment_id, a.area, a.insurance)"
    " UNION ALL SELECT 'order ' || o.id, CASE WHEN a.id IS NULL THEN 'assistance ' || o.assistance_id ||"
    "  ', which is not there' WHEN b.id IS NULL THEN 'account ' || o.bank_account_id || ', which is not there' ELSE"
    "  'an account of person ' || b.person_id || ', its assistance is of person ' || a.person_id END"
    " FROM disbursement o LEFT JOIN assistance a ON a.id = o.assistance_id"
    " LEFT JOIN bank_account b ON b.id = o.bank_account_id"
    " WHERE o.refund_item_id IS NULL AND (a.id IS NULL OR b.id IS NULL OR b.person_id <> a.person_id)"
)
_POSTED = (
    "WITH said AS (SELECT CASE timing WHEN 'at_levy' THEN 'assistance.applied' ELSE 'assistance.granted' END AS code,"
    "   id, amount, due_id FROM assistance"
    "  UNION ALL SELECT CASE timing WHEN 'at_levy' THEN 'assistance.unapplied' ELSE 'assistance.cancelled' END,"
    "   id, amount, due_id FROM assistance WHERE state = 'cancelled'"
    "  UNION ALL SELECT step.code, o.id, o.amount, a.due_id FROM disbursement o"
    "   JOIN assistance a ON a.id = o.assistance_id CROSS JOIN LATERAL (VALUES ('assistance.ordered'),"
    "    (CASE WHEN o.state = 'paid' THEN 'assistance.arrived'"
    "     WHEN o.state IN ('returned', 'refused') THEN 'assistance.came_back' END)) AS step (code)"
    "   WHERE step.code IS NOT NULL),"
    " posted AS (SELECT code, subject_id AS id, amount, due_id FROM transfer WHERE code LIKE 'assistance.%')"
    " SELECT code, id, coalesce(said.amount, 0) AS says, coalesce(posted.amount, 0) AS booked, said.due_id AS due,"
    " posted.due_id AS booked_for FROM said FULL JOIN posted USING (code, id)"
    " WHERE said.amount IS DISTINCT FROM posted.amount OR said.due_id IS DISTINCT FROM posted.due_id"
)
_SUMS = (
    "WITH owed AS (SELECT a.source, sum(CASE WHEN a.state IN ('granted', 'held') THEN a.amount ELSE 0 END) AS payable,"
    "  sum(CASE WHEN a.state = 'ordered' THEN a.amount ELSE 0 END) AS in_transit,"
    "  sum(CASE WHEN a.state = 'paid' THEN a.amount ELSE 0 END) AS paid,"
    "  sum(CASE WHEN a.state = 'applied' THEN a.amount ELSE 0 END) AS applied FROM assistance a GROUP BY a.source),"
    " moved AS (SELECT c.source, c.code, sum(m.amount) AS balance FROM (SELECT credit_id AS id, amount FROM transfer"
    "  UNION ALL SELECT debit_id, -amount FROM transfer) AS m JOIN account c ON c.id = m.id"
    "  WHERE c.code IN ('payable_person', 'in_transit_treasury', 'treasury_paid', 'premium_assisted')"
    "  GROUP BY c.source, c.code)"
    " SELECT o.source, v.code, v.says, coalesce(m.balance, 0) AS balance FROM owed o"
    " CROSS JOIN LATERAL (VALUES ('payable_person', o.payable), ('in_transit_treasury', o.in_transit),"
    "  ('treasury_paid', o.paid), ('premium_assisted', o.applied)) AS v(code, says)"
    " LEFT JOIN moved m ON m.source = o.source AND m.code = v.code"
    " WHERE v.says <> coalesce(m.balance, 0)"
)
_ORDERS = (
    "WITH orders AS (SELECT assistance_id, count(*) FILTER (WHERE state IN ('ordered', 'accepted')) AS open,"
    "  count(*) FILTER (WHERE state = 'paid') AS paid, max(attempt) AS last, count(*) AS n,"
    "  min(amount) AS least, max(amount) AS most FROM disbursement GROUP BY assistance_id)"
    " SELECT a.id, a.state, a.amount, o.open, o.paid, o.n, o.least, o.most FROM assistance a"
    " LEFT JOIN orders o ON o.assistance_id = a.id"
    " WHERE coalesce(o.open, 0) <> CASE a.state WHEN 'ordered' THEN 1 ELSE 0 END"
    " OR coalesce(o.paid, 0) <> CASE a.state WHEN 'paid' THEN 1 ELSE 0 END"
    " OR o.last <> o.n OR o.least <> a.amount OR o.most <> a.amount"
)
UNPAID_AGAIN = (
    "SELECT due_id FROM payment WHERE remark = 'reversed' UNION SELECT due_id FROM allocation"
    " UNION SELECT due_id FROM refund_case WHERE reason = 'wrong_tier' AND state = 'refunded'"
)
"""Every due that was paid and may be so no more, as SQL over few rows; but for premiums that were given back."""
_WITHOUT = (
    "SELECT a.id, a.state, a.due_id, d.state AS due_is FROM assistance a JOIN due d ON d.id = a.due_id"
    " WHERE a.state IN ('ordered', 'paid') AND d.state NOT IN ('paid', 'refunded')"
    f" AND d.id NOT IN (SELECT due_id FROM ({UNPAID_AGAIN}) AS u WHERE due_id IS NOT NULL)"
)
_OVER = (
    "SELECT a.enrolment_id, sum(a.amount)::bigint AS assisted, max(d.standard) AS standard FROM assistance a"
    " JOIN due d ON d.id = a.due_id WHERE a.state <> 'cancelled'"
    " AND NOT EXISTS (SELECT FROM clawback c WHERE c.assistance_id = a.id) GROUP BY a.enrolment_id, a.insurance"
    " HAVING sum(a.amount) > max(d.standard)"
)


def assistance_belongs(connection: Connection) -> list[str]:
    """Every grant is of the person whose due was paid, and every pay-out goes to an account of that person."""
    return sentences(connection, _PEOPLE, lambda row: f"{row.what} names {row.names}")


def assistance_is_posted(connection: Connection) -> list[str]:
    """Every grant and every pay-out is posted with its amount, each step that it has taken and no other."""
    return sentences(
        connection,
        _POSTED,
        lambda row: (
            f"{row.code} of {row.id}: the book says {yuan(row.says)} yuan for due {row.due or 'unknown'},"
            f" the ledger {yuan(row.booked)} for due {row.booked_for or 'unknown'}"
        ),
    )


def assistance_agrees(connection: Connection) -> list[str]:
    """By funding source, what is owed to persons, under way and paid out is what the accounts hold."""
    return sentences(
        connection,
        _SUMS,
        lambda row: (
            f"{row.source}: the grants say {row.code} is {yuan(int(row.says))} yuan,"
            f" the ledger {yuan(int(row.balance))}"
        ),
    )


def orders_fit(connection: Connection) -> list[str]:
    """Of each grant one order is open when it is ordered and one is paid when it is paid, each of its whole amount."""
    return sentences(
        connection,
        _ORDERS,
        lambda row: (
            f"assistance {row.id} of {yuan(row.amount)} yuan is {row.state}; of its {row.n or 0} orders {row.open or 0}"
            f" are open and {row.paid or 0} paid"
            + (f", of {yuan(row.least)} to {yuan(row.most)} yuan" if row.n else "")
        ),
    )


def nothing_above_standard(connection: Connection) -> list[str]:
    """Nobody is assisted with more than the standard of their insurance."""
    return sentences(
        connection,
        _OVER,
        lambda row: (
            f"enrolment {row.enrolment_id} is assisted with {yuan(row.assisted)} of a standard of {yuan(row.standard)}"
        ),
    )


def payments_came_first(connection: Connection) -> list[str]:
    """Nothing was paid out for a due that is unpaid, unless its payment was taken back."""
    return sentences(
        connection,
        _WITHOUT,
        lambda row: f"assistance {row.id} is {row.state} and its due {row.due_id} {row.due_is}, which nobody ever paid",
    )
