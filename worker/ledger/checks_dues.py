"""Checks of the dues: against enrolments, against the ledger, and version against version."""

from __future__ import annotations

from sqlalchemy import Connection

from policies.money import yuan
from worker.ledger.finding import sentences

_PEOPLE = (
    "SELECT d.id, CASE WHEN e.id IS NULL THEN 'enrolment ' || d.enrolment_id || ', which is not there'"
    "  WHEN p.id IS NULL THEN 'person ' || d.person_id || ', who is not there'"
    "  WHEN e.person_id <> d.person_id THEN 'person ' || d.person_id || ', the enrolment is of person ' || e.person_id"
    "  ELSE 'another area or year than its enrolment ' || e.id END AS names"
    " FROM due d LEFT JOIN enrolment e ON e.id = d.enrolment_id LEFT JOIN person p ON p.id = d.person_id"
    " WHERE e.id IS NULL OR p.id IS NULL"
    " OR (e.person_id, e.area, e.insured_year) <> (d.person_id, d.area, d.insured_year)"
)
_POSTED = (
    "WITH said AS (SELECT 'due.assessed' AS code, id, amount FROM due"
    "  UNION ALL SELECT 'due.withdrawn', id, amount FROM due WHERE state IN ('void', 'rejected')),"
    " posted AS (SELECT code, subject_id AS id, amount, due_id FROM transfer WHERE code LIKE 'due.%')"
    " SELECT code, id, coalesce(said.amount, 0) AS says, coalesce(posted.amount, 0) AS booked, posted.due_id"
    " FROM said FULL JOIN posted USING (code, id)"
    " WHERE said.amount IS DISTINCT FROM posted.amount OR posted.due_id IS DISTINCT FROM id"
)
_DUES = (
    "WITH receivable AS (SELECT id FROM account WHERE code IN ('receivable_person', 'receivable_sponsor')),"
    " booked AS (SELECT due_id, sum(CASE WHEN debit_id IN (SELECT id FROM receivable) THEN amount"
    "  WHEN credit_id IN (SELECT id FROM receivable) THEN -amount ELSE 0 END) AS owed"
    "  FROM transfer WHERE due_id IS NOT NULL GROUP BY due_id)"
    " SELECT d.id, d.state, CASE WHEN d.state IN ('void', 'rejected') THEN 0 ELSE d.amount - d.paid END AS says,"
    " coalesce(b.owed, 0) AS owed FROM due d LEFT JOIN booked b ON b.due_id = d.id"
    " WHERE coalesce(b.owed, 0) <> CASE WHEN d.state IN ('void', 'rejected') THEN 0 ELSE d.amount - d.paid END"
)
PAID_IN_PARTS = "SELECT due_id FROM payment WHERE remark = 'underpaid' UNION SELECT due_id FROM allocation"
"""Every due that can be paid in part, over few rows: too little came for it, or money of nobody was given to it."""
_STATES = (
    "SELECT id, state, amount, paid, paid_on FROM due WHERE (state IN ('paid', 'refunded')) <> (paid = amount)"
    " OR (state = 'part_paid') <> (paid > 0 AND paid < amount) OR (paid = amount AND paid_on IS NULL)"
    " OR (paid = 0 AND paid_on IS NOT NULL)"
)
_PARTS = (
    "SELECT id FROM due WHERE state = 'part_paid'"
    f" AND id NOT IN (SELECT due_id FROM ({PAID_IN_PARTS}) AS p WHERE due_id IS NOT NULL)"
)
_LOWERED = (
    "WITH corrected AS (SELECT due_id, sum(amount) AS amount FROM correction GROUP BY due_id),"
    " posted AS (SELECT subject_id AS id, CASE code WHEN 'levy.lowered' THEN amount ELSE -amount END AS amount, due_id"
    "  FROM transfer WHERE code IN ('levy.lowered', 'levy.lowering_undone'))"
    " SELECT d.id, d.lowered AS says, coalesce(c.amount, 0)::bigint AS corrected FROM due d"
    " FULL JOIN corrected c ON c.due_id = d.id WHERE coalesce(d.lowered, 0) <> coalesce(c.amount, 0)"
    " UNION ALL SELECT coalesce(c.due_id, p.due_id), coalesce(c.amount, 0), coalesce(p.amount, 0) FROM correction c"
    " FULL JOIN posted p ON p.id = c.id WHERE (c.amount, c.due_id) IS DISTINCT FROM (p.amount, p.due_id)"
)
_VERSIONS = (
    "SELECT enrolment_id, insurance, payer, part, count(*) AS n, max(version) AS newest,"
    " count(*) FILTER (WHERE current) AS current, max(version) FILTER (WHERE current) AS current_version,"
    " count(*) FILTER (WHERE state NOT IN ('void', 'rejected', 'refunded')) AS live FROM due"
    " GROUP BY enrolment_id, insurance, payer, part"
    " HAVING count(*) FILTER (WHERE current) <> 1 OR max(version) FILTER (WHERE current) <> max(version)"
    " OR count(*) <> max(version) OR count(DISTINCT version) <> count(*)"
    " OR count(*) FILTER (WHERE state NOT IN ('void', 'rejected', 'refunded')) > 1"
)


def dues_belong(connection: Connection) -> list[str]:
    """Every due is of the person, area and year of its enrolment."""
    return sentences(connection, _PEOPLE, lambda row: f"due {row.id} names {row.names}")


def dues_are_posted(connection: Connection) -> list[str]:
    """Every due is posted with its amount when it is assessed, and the other way when it is void or refused."""
    return sentences(
        connection,
        _POSTED,
        lambda row: (
            f"{row.code} of due {row.id}: the due says {yuan(row.says)} yuan, the ledger {yuan(row.booked)}"
            + (f" under due {row.due_id}" if row.due_id not in (None, row.id) else "")
        ),
    )


def dues_agree(connection: Connection) -> list[str]:
    """What each due says is still owed is what its receivable holds."""
    return sentences(
        connection,
        _DUES,
        lambda row: (
            f"due {row.id} ({row.state}) says {yuan(row.says)} yuan are owed, the ledger says {yuan(int(row.owed))}"
        ),
    )


def states_fit(connection: Connection) -> list[str]:
    """A due is paid, or paid in part, just when that much of it is paid, and then has a day of payment."""
    return sentences(
        connection,
        _STATES,
        lambda row: (
            f"due {row.id} is {row.state} with {yuan(row.paid)} of {yuan(row.amount)} yuan paid"
            f" on {row.paid_on or 'no day'}"
        ),
    )


def parts_are_known(connection: Connection) -> list[str]:
    """A due is paid in part only where a payment says that it was too little, or money of nobody was given to it."""
    return sentences(
        connection,
        _PARTS,
        lambda row: f"due {row.id} is part_paid, and no payment of it was too little: `levy held part_paid` lacks it",
    )


def corrections_agree(connection: Connection) -> list[str]:
    """What a due was lowered by after its payment stands in its corrections, and each of them in the ledger."""
    return sentences(
        connection,
        _LOWERED,
        lambda row: (
            f"due {row.id} was lowered by {yuan(row.says)} yuan, its corrections or the ledger say"
            f" {yuan(row.corrected)}"
        ),
    )


def one_version_counts(connection: Connection) -> list[str]:
    """Of each due one version is current, the newest; no other is asked for, and none is missing."""
    return sentences(
        connection,
        _VERSIONS,
        lambda row: (
            f"the due of enrolment {row.enrolment_id} for {row.insurance} ({row.payer}"
            + (f", supplement {row.part}" if row.part else "")
            + f"): {row.n} versions up to number"
            f" {row.newest}, {row.current} current (number {row.current_version or 'none'}), {row.live} live"
        ),
    )
