"""Checks of the cases between areas: their histories, their money in transit, and what the audit log tells of them."""

from __future__ import annotations

from itertools import groupby

from sqlalchemy import Connection, text

from adapters.peer.history import Case, Step, flaw
from policies.money import yuan
from worker.ledger.finding import SHOWN, sentences, untold

_OPEN_MONEY = (
    "SELECT a.area, a.insurance, coalesce(m.balance, 0)::bigint AS booked, coalesce(c.amount, 0)::bigint AS says"
    " FROM account a LEFT JOIN (SELECT id, sum(amount) AS balance FROM (SELECT debit_id AS id, amount FROM transfer"
    "  UNION ALL SELECT credit_id, -amount FROM transfer) AS t GROUP BY id) AS m ON m.id = a.id"
    " LEFT JOIN (SELECT area, insurance, sum(amount) AS amount FROM handoff WHERE kind = 'wrong_area'"
    "  AND side = 'origin' AND state IN ('accepted', 'paid', 'approved') GROUP BY area, insurance) AS c"
    "  ON c.area = a.area AND c.insurance = a.insurance"
    " WHERE a.code = 'in_transit_area' AND coalesce(m.balance, 0) <> coalesce(c.amount, 0)"
)
_POSTED = (
    "WITH said AS (SELECT h.id, h.amount, h.due_id, bool_or(s.what = 'accepted') AS opened,"
    "  bool_or(s.what IN ('refused', 'rejected', 'refunded')) AS closed FROM handoff h JOIN handoff_step s"
    "  ON s.handoff_id = h.id WHERE h.kind = 'wrong_area' AND h.side = 'origin' GROUP BY h.id),"
    " wanted AS (SELECT 'handoff.opened' AS code, id, amount, due_id FROM said WHERE opened"
    "  UNION ALL SELECT 'handoff.closed', id, amount, due_id FROM said WHERE opened AND closed),"
    " posted AS (SELECT code, subject_id AS id, amount, due_id FROM transfer WHERE code LIKE 'handoff.%')"
    " SELECT code, id, coalesce(wanted.amount, 0) AS says, coalesce(posted.amount, 0) AS booked"
    " FROM wanted FULL JOIN posted USING (code, id)"
    " WHERE (wanted.amount, wanted.due_id) IS DISTINCT FROM (posted.amount, posted.due_id)"
)
_STAND = (
    "SELECT h.case_id, h.state, h.steps, s.what, s.number FROM handoff h LEFT JOIN LATERAL (SELECT * FROM handoff_step"
    "  WHERE handoff_id = h.id ORDER BY number DESC LIMIT 1) AS s ON true"
    " WHERE (h.state, h.steps::int, h.head, h.next_by) IS DISTINCT FROM"
    " (coalesce(s.what, CASE h.state WHEN 'withdrawn' THEN h.state ELSE 'opening' END),"
    "  coalesce(s.number, 0)::int, coalesce(s.hash, ''),"
    "  CASE WHEN s.number IS NULL THEN h.next_by ELSE s.next_by END) OR h.diverged"
)
_TOLD = (
    "WITH told AS (SELECT f->>'case' AS case_id, (f->>'number')::int AS number, f->>'hash' AS mark FROM"
    "  (SELECT facts::jsonb AS f FROM audit_event WHERE action LIKE 'handoff.%') AS e WHERE f ? 'number')"
    " SELECT coalesce(h.case_id, told.case_id) AS case_id, coalesce(s.number, told.number) AS number"
    " FROM handoff_step s JOIN handoff h ON h.id = s.handoff_id"
    " FULL JOIN told ON told.case_id = h.case_id AND told.number = s.number AND told.mark = left(s.hash, 16)"
    f" WHERE (told.number IS NULL OR s.number IS NULL) AND NOT {untold('s.day', 'told.number')}"
)
_STEPS = text(
    "SELECT h.case_id, h.kind, CASE h.side WHEN 'origin' THEN h.area ELSE h.peer END AS origin,"
    " CASE h.side WHEN 'origin' THEN h.peer ELSE h.area END AS intended, s.number, s.what, s.by, s.day::text,"
    " s.next_by::text, s.facts, s.before, s.hash, s.key, s.seal"
    " FROM handoff h JOIN handoff_step s ON s.handoff_id = h.id ORDER BY h.id, s.number"
)


def transit_is_open_cases(connection: Connection) -> list[str]:
    """The money in transit between areas is just that of the cases that are accepted and not closed."""
    return sentences(
        connection,
        _OPEN_MONEY,
        lambda row: (
            f"{row.area} {row.insurance}: {yuan(row.says)} yuan of open cases, {yuan(row.booked)} in in_transit_area"
        ),
    )


def handoffs_are_posted(connection: Connection) -> list[str]:
    """Every case's money went into transit when it was accepted, and out when it was closed, once each."""
    return sentences(
        connection,
        _POSTED,
        lambda row: f"{row.code} of {row.id}: the case says {yuan(row.says)} yuan, the ledger {yuan(row.booked)}",
    )


def cases_stand_as_told(connection: Connection) -> list[str]:
    """Every case stands where its last step left it, and the peer holds no other steps."""
    return sentences(
        connection,
        _STAND,
        lambda row: (
            f"case {row.case_id} is {row.state} after {row.steps} steps, its last step is"
            f" {row.number or 0}, {row.what or 'none'}; or the peer holds others"
        ),
    )


def steps_are_told(connection: Connection) -> list[str]:
    """Every step of a case has an event in the audit log, with its hash."""
    return sentences(
        connection, _TOLD, lambda row: f"step {row.number} of case {row.case_id} is not in both book and audit log"
    )


def histories_are_whole(connection: Connection) -> list[str]:
    """The steps of every case follow one another by their hashes. (Their seals are checked when they are taken.)"""
    found = []
    for case, rows in groupby(connection.execute(_STEPS), key=lambda row: Case(*row[:4])):
        if problem := flaw(case, [Step(*row[4:]) for row in rows], lambda *_: True):
            found.append(f"case {case.id}: {problem}")
    return found[:SHOWN] + ["and more of the same"] * (len(found) > SHOWN)
