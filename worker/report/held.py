"""What is held or owed back, list by list: the same for the command line and the console."""

from __future__ import annotations

from typing import NamedTuple

from worker.assistance.reclaim import RECLAIMABLE
from worker.assistance.twice import ASKED, TWICE
from worker.ledger.checks_dues import PAID_IN_PARTS
from worker.report.breaks import TODAY

_PERSON = "p.person_no, p.id AS person_id"
_JOIN = " JOIN person p ON p.id = x.person_id"
_OVER = "sum(CASE WHEN t.credit_id = a.id THEN t.amount ELSE -t.amount END)"


class Held(NamedTuple):
    """One list: the columns that people see, the statement, by which column it goes on, and what no row means.

    ``yuan`` is in fen. The statement also has ``key``, which no two rows share, and, where the list is of people,
    ``person_id``.
    """

    columns: tuple[str, ...]
    sql: str
    order: str
    none: str


def _latest(action: str, facts: str) -> str:
    """The newest event of this kind of each person."""
    return (
        f"SELECT DISTINCT ON (x.person_id) x.person_id AS key, {_PERSON}, {facts} FROM audit_event x{_JOIN}"
        f" WHERE x.action = '{action}' ORDER BY x.person_id, x.position DESC"
    )


LISTS = {
    "assistance": Held(
        ("assistance", "person_no", "category", "yuan", "because"),
        f"SELECT x.id AS key, x.id AS assistance, {_PERSON}, x.category, x.amount AS yuan, x.held_because AS because"
        f" FROM assistance x{_JOIN} WHERE x.state = 'held'",
        "because, key",
        "No assistance is held.",
    ),
    "sponsors": Held(
        ("due", "person_no", "payer", "yuan", "because"),
        f"SELECT x.id AS key, x.id AS due, {_PERSON}, x.payer, x.amount AS yuan, x.reject_code AS because"
        f" FROM due x{_JOIN} WHERE x.payer <> 'person' AND x.state = 'accepted' AND x.reject_code IS NOT NULL",
        "payer, key",
        "No department has refused anybody.",
    ),
    "reclaim": Held(
        ("assistance", "person_no", "source", "yuan", "state"),
        f"SELECT x.id AS key, x.id AS assistance, {_PERSON}, x.source, x.amount AS yuan, x.amount, x.state"
        f" FROM assistance x{_JOIN} JOIN due d ON d.id = x.due_id"
        f" WHERE {RECLAIMABLE} AND NOT {ASKED}",
        "key",
        "Nothing was paid out for a payment that has been reversed.",
    ),
    "twice": Held(
        ("assistance", "person_no", "source", "yuan", "claim"),
        # A claim of several shares is named once, by the first of them that is not asked back yet.
        f"SELECT DISTINCT ON (x.key) x.key, x.assistance, {_PERSON}, x.source, x.yuan, x.claim, x.amount, x.state"
        f" FROM ({TWICE}) AS x{_JOIN} ORDER BY x.key, x.state = 'asked', x.assistance",
        "assistance, key",
        "Nobody was assisted both here and on a claim, by another area or by us.",
    ),
    "asked": Held(
        ("assistance", "person_no", "source", "yuan", "asked_by", "because"),
        f"SELECT r.id AS key, x.id AS assistance, {_PERSON}, x.source, x.amount AS yuan, r.asked_by,"
        f" r.asked_because AS because FROM clawback_request r JOIN assistance x ON x.id = r.assistance_id{_JOIN}"
        " WHERE r.answer IS NULL",
        "key",
        "No assistance that a clerk wants to ask back waits for a second person.",
    ),
    "overpaid": Held(
        ("due", "person_no", "yuan"),
        f"SELECT x.id AS key, x.id AS due, {_PERSON}, {_OVER}::bigint AS yuan"
        " FROM transfer t JOIN account a ON a.code = 'overpaid' AND a.id IN (t.debit_id, t.credit_id)"
        f" JOIN due x ON x.id = t.due_id{_JOIN} GROUP BY x.id, p.person_no, p.id HAVING {_OVER} <> 0",
        "key",
        "Nobody has paid more than was due.",
    ),
    "refunds": Held(
        ("case", "person_no", "reason", "yuan", "route", "because"),
        f'SELECT x.id AS key, c.id AS "case", {_PERSON}, c.reason, x.amount AS yuan, x.route,'
        " CASE WHEN x.reversed_on IS NULL THEN"
        " x.held_because ELSE concat_ws(', ', x.held_because, CASE x.state WHEN 'held' THEN NULL ELSE x.state END,"
        " 'tax took the payment back on ' || x.reversed_on) END AS because"
        " FROM refund_item x JOIN refund_case c ON c.id = x.case_id LEFT JOIN person p ON p.id = x.person_id"
        " WHERE x.state = 'held' OR x.state IN ('ordered', 'paid') AND x.reversed_on IS NOT NULL",
        "because, key",
        "No refund is held.",
    ),
    "short": Held(
        ("person_no", "yuan", "payer", "decision"),
        _latest(
            "levy.short",
            "(x.facts::jsonb->>'missing')::bigint AS yuan, x.facts::jsonb->>'payer' AS payer,"
            " x.facts::jsonb->>'decision' AS decision",
        ),
        "key",
        "Nobody owes more than they could still be asked for.",
    ),
    "part_paid": Held(
        ("due", "person_no", "payer", "yuan", "deadline", "because"),
        f"SELECT x.id AS key, x.id AS due, {_PERSON}, x.payer, (x.amount - x.paid) AS yuan, x.deadline, 'let tax"
        " reverse it: it is then asked for anew where that is still possible; or allocate money of nobody' AS because"
        f" FROM due x{_JOIN} WHERE x.paid > 0 AND x.paid < x.amount AND x.current AND x.deadline < {TODAY}"
        # That is what part_paid is: by its state the planner would look for them among all dues.
        f" AND x.id IN ({PAID_IN_PARTS})",
        "deadline, key",
        "Nobody has paid only a part of what had to be paid by now.",
    ),
    "closed": Held(
        ("case", "person_no", "closed_because", "yuan", "because"),
        f"SELECT c.id || ' ' || x.id AS key, c.id AS \"case\", {_PERSON}, e.closed_because, x.paid - x.lowered AS yuan,"
        " 'rejected by ' || c.reviewed_by || ': ' || c.review_reason || coalesce('; levy duplicates undo ' || k.id, '')"
        " AS because FROM enrolment e"
        " JOIN due x ON x.enrolment_id = e.id AND x.current AND x.state = 'paid' AND x.paid > x.lowered"
        " JOIN LATERAL (SELECT * FROM refund_case r WHERE r.due_id = x.id AND r.reason <> 'overpaid'"
        "  ORDER BY r.id DESC LIMIT 1) AS c ON c.state = 'rejected_by_review' LEFT JOIN LATERAL (SELECT d.id"
        "  FROM duplicate_case d WHERE d.enrolment_id = e.id AND d.outcome = 'terminate' AND d.carried_out"
        f"  ORDER BY d.id LIMIT 1) AS k ON true{_JOIN} WHERE e.closed_because IS NOT NULL",
        '"case", key',
        "No enrolment is closed whose premium was to go back and stays paid.",
    ),
    "tiers": Held(
        ("person_no", "yuan", "decision"),
        _latest(
            "levy.tier_differs",
            "(x.facts::jsonb->>'standard')::bigint AS yuan, x.facts::jsonb->>'decision' AS decision",
        ),
        "key",
        "Nobody has paid by another tier than what is known now.",
    ),
    "rulings": Held(
        ("person_no", "category", "revoked_on", "because"),
        _latest(
            "revocation.undetermined",
            "x.facts::jsonb->>'category' AS category, x.facts::jsonb->>'revoked_on' AS revoked_on,"
            " x.facts::jsonb->>'reason' AS because",
        ),
        "key",
        "No identity has ended of which the notice does not say what becomes.",
    ),
    "rows": Held(
        ("id", "feed", "came", "reason"),
        "SELECT id AS key, id, feed, recorded_at::timestamp(0) AS came, recorded_at, reason, job_id AS job"
        " FROM held_row WHERE booked_at IS NULL",
        "key",
        "Every row of the feeds was booked.",
    ),
}


def listed(what: str) -> str:
    """A list as the command line prints it, as SQL with ``:limit``."""
    one = LISTS[what]
    columns = ", ".join(f'"{name}"' for name in one.columns)
    return f"SELECT {columns} FROM ({one.sql}) AS h ORDER BY {one.order} LIMIT :limit"
