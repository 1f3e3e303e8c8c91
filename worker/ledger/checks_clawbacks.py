"""Checks of what is clawed back: against the ledger, against its repayments, and against the cover that it holds."""

from __future__ import annotations

from sqlalchemy import Connection

from policies.money import yuan
from worker.ledger.finding import sentences

_POSTED = (
    "WITH said AS (SELECT 'clawback.opened' AS code, c.id, c.amount FROM clawback c"
    "  UNION ALL SELECT 'clawback.repaid', id, amount FROM repayment),"
    " posted AS (SELECT code, subject_id AS id, amount FROM transfer WHERE code LIKE 'clawback.%')"
    " SELECT code, id, coalesce(said.amount, 0) AS says, coalesce(posted.amount, 0) AS booked"
    " FROM said FULL JOIN posted USING (code, id) WHERE said.amount IS DISTINCT FROM posted.amount"
    " UNION ALL SELECT 'what was repaid', c.id, c.repaid, coalesce(sum(r.amount), 0)::bigint FROM clawback c"
    "  LEFT JOIN repayment r ON r.clawback_id = c.id GROUP BY c.id HAVING c.repaid <> coalesce(sum(r.amount), 0)"
    " UNION ALL SELECT 'the assistance', c.id, c.amount, a.amount FROM clawback c JOIN assistance a"
    "  ON a.id = c.assistance_id WHERE (a.amount, a.source, a.person_id) <> (c.amount, c.source, c.person_id)"
)
_HELD = (
    "SELECT e.id, e.held_from, count(c.id) AS open FROM enrolment e LEFT JOIN clawback c ON c.enrolment_id = e.id"
    " AND c.holds_cover AND c.repaid < c.amount WHERE e.held_from IS NOT NULL OR c.id IS NOT NULL"
    " GROUP BY e.id HAVING (e.held_from IS NOT NULL) <> (count(c.id) > 0)"
)


def clawbacks_agree(connection: Connection) -> list[str]:
    """What is clawed back was received, is posted, and its repayments add up."""
    return sentences(
        connection,
        _POSTED,
        lambda row: f"{row.code} of {row.id}: the book says {yuan(row.says)} yuan, the other side {yuan(row.booked)}",
    )


def held_cover_fits(connection: Connection) -> list[str]:
    """Cover is held just while something that holds it is not repaid."""
    return sentences(
        connection,
        _HELD,
        lambda row: (
            f"the cover of enrolment {row.id} is {'held' if row.held_from else 'not held'}"
            f" and {row.open} clawbacks that hold it are open"
        ),
    )
