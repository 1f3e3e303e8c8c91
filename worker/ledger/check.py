"""Checks of the ledger against the books it stands for: a tuple of same-shaped functions, each a list of sentences."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, text

from policies.money import yuan

_DANGLING = text(
    "SELECT t.code, t.subject_id, CASE WHEN a.id IS NULL OR b.id IS NULL THEN 'an account' ELSE 'a due' END"
    " || ' that is not there' AS missing FROM transfer t LEFT JOIN account a ON a.id = t.debit_id"
    " LEFT JOIN account b ON b.id = t.credit_id LEFT JOIN due d ON d.id = t.due_id"
    " WHERE a.id IS NULL OR b.id IS NULL OR (t.due_id IS NOT NULL AND d.id IS NULL) LIMIT 20"
)
_DUES = text(
    "WITH receivable AS (SELECT id FROM account WHERE code IN ('receivable_person', 'receivable_sponsor')),"
    " booked AS (SELECT due_id, sum(CASE WHEN debit_id IN (SELECT id FROM receivable) THEN amount"
    "  WHEN credit_id IN (SELECT id FROM receivable) THEN -amount ELSE 0 END) AS owed"
    "  FROM transfer WHERE due_id IS NOT NULL GROUP BY due_id)"
    " SELECT d.id, d.state, CASE WHEN d.state IN ('void', 'rejected') THEN 0 ELSE d.amount - d.paid END AS says,"
    " coalesce(b.owed, 0) AS owed FROM due d LEFT JOIN booked b ON b.due_id = d.id"
    " WHERE coalesce(b.owed, 0) <> CASE WHEN d.state IN ('void', 'rejected') THEN 0 ELSE d.amount - d.paid END LIMIT 20"
)
_PAYMENTS = text(
    "WITH booked AS (SELECT subject_id, sum(amount) AS amount FROM transfer WHERE code LIKE 'payment.%'"
    "  GROUP BY subject_id)"
    " SELECT p.voucher_no, p.amount, coalesce(b.amount, 0) AS booked FROM payment p"
    " LEFT JOIN booked b ON b.subject_id = p.id"
    " WHERE p.amount <> coalesce(b.amount, 0) AND NOT (p.due_id IS NULL AND p.kind = 'reversal') LIMIT 20"
)
_ASSISTANCE = text(
    "WITH owed AS (SELECT a.source, sum(CASE WHEN a.state IN ('granted', 'held') THEN a.amount ELSE 0 END) AS payable,"
    "  sum(CASE WHEN a.state = 'ordered' THEN a.amount ELSE 0 END) AS in_transit,"
    "  sum(CASE WHEN a.state = 'paid' THEN a.amount ELSE 0 END) AS paid FROM assistance a GROUP BY a.source),"
    " moved AS (SELECT c.source, c.code, sum(m.amount) AS balance FROM (SELECT credit_id AS id, amount FROM transfer"
    "  UNION ALL SELECT debit_id, -amount FROM transfer) AS m JOIN account c ON c.id = m.id"
    "  WHERE c.code IN ('payable_person', 'in_transit_treasury', 'treasury_paid') GROUP BY c.source, c.code)"
    " SELECT o.source, v.code, v.says, coalesce(m.balance, 0) AS balance FROM owed o"
    " CROSS JOIN LATERAL (VALUES ('payable_person', o.payable), ('in_transit_treasury', o.in_transit),"
    "  ('treasury_paid', o.paid)) AS v(code, says) LEFT JOIN moved m ON m.source = o.source AND m.code = v.code"
    " WHERE v.says <> coalesce(m.balance, 0)"
)
_VERSIONS = text(
    "SELECT enrolment_id, insurance, payer FROM due WHERE state NOT IN ('void', 'rejected')"
    " GROUP BY enrolment_id, insurance, payer HAVING count(*) > 1 LIMIT 20"
)
_TWICE = text(
    "SELECT assistance_id FROM disbursement WHERE state IN ('ordered', 'accepted', 'paid')"
    " GROUP BY assistance_id HAVING count(*) > 1 LIMIT 20"
)
_OVER = text(
    "SELECT a.enrolment_id, sum(a.amount) AS assisted, max(d.standard) AS standard FROM assistance a"
    " JOIN due d ON d.id = a.due_id GROUP BY a.enrolment_id, a.insurance HAVING sum(a.amount) > max(d.standard)"
    " LIMIT 20"
)


def nothing_dangles(connection: Connection) -> list[str]:
    """Every transfer stands between accounts of the chart and belongs to a due that is there."""
    return [f"{row.code} of {row.subject_id} names {row.missing}" for row in connection.execute(_DANGLING)]


def dues_agree(connection: Connection) -> list[str]:
    """What each due says is still owed is what its receivable holds."""
    return [
        f"due {row.id} ({row.state}) says {yuan(row.says)} yuan are owed, the ledger says {yuan(int(row.owed))}"
        for row in connection.execute(_DUES)
    ]


def payments_agree(connection: Connection) -> list[str]:
    """Every payment is booked to the fen."""
    return [
        f"payment {row.voucher_no} of {yuan(row.amount)} yuan is booked with {yuan(int(row.booked))}"
        for row in connection.execute(_PAYMENTS)
    ]


def assistance_agrees(connection: Connection) -> list[str]:
    """By funding source, what is owed to persons, under way and paid out is what the accounts hold."""
    return [
        f"{row.source}: the grants say {row.code} is {yuan(int(row.says))} yuan, the ledger {yuan(int(row.balance))}"
        for row in connection.execute(_ASSISTANCE)
    ]


def one_version_counts(connection: Connection) -> list[str]:
    """Nobody is asked twice for the same insurance by two versions of a due."""
    return [
        f"enrolment {row.enrolment_id} has two live dues for {row.insurance} ({row.payer})"
        for row in connection.execute(_VERSIONS)
    ]


def nothing_paid_twice(connection: Connection) -> list[str]:
    """No assistance is ordered or paid out twice, and none exceeds the person's standard."""
    twice = [f"assistance {row.assistance_id} is paid out twice" for row in connection.execute(_TWICE)]
    over = [
        f"enrolment {row.enrolment_id} is assisted with {yuan(int(row.assisted))} of a standard of {yuan(row.standard)}"
        for row in connection.execute(_OVER)
    ]
    return twice + over


CHECKS: tuple[Callable[[Connection], list[str]], ...] = (
    nothing_dangles,
    dues_agree,
    payments_agree,
    assistance_agrees,
    one_version_counts,
    nothing_paid_twice,
)
"""All checks; each answers with what is wrong, nothing when all is well."""


def check_ledger(connection: Connection) -> list[str]:
    """Every sentence of every check."""
    return [sentence for check in CHECKS for sentence in check(connection)]
