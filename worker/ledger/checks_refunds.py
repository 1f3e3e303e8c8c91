"""Checks of refunds: against payments, dues and accounts of persons, against the ledger, and against the audit log."""

from __future__ import annotations

from sqlalchemy import Connection

from policies.money import yuan
from worker.dues.unclaimed import NET
from worker.ledger.finding import sentences, untold

_STRANGE = (
    "p.due_id IS DISTINCT FROM i.due_id AND NOT (p.due_id IS NULL AND EXISTS"
    " (SELECT FROM allocation a WHERE a.payment_id = p.id AND a.due_id = i.due_id))"
)
_PEOPLE = (
    "SELECT 'refund case ' || c.id AS what, CASE WHEN d.id IS NULL THEN 'due ' || c.due_id || ', which is not there'"
    "  ELSE 'another person, enrolment, area or insurance than its due ' || d.id END AS names"
    " FROM refund_case c LEFT JOIN due d ON d.id = c.due_id WHERE c.due_id IS NOT NULL AND (d.id IS NULL OR"
    " (d.person_id, d.enrolment_id, d.area, d.insurance) <> (c.person_id, c.enrolment_id, c.area, c.insurance))"
    " UNION ALL SELECT 'refund item ' || i.id, CASE WHEN p.id IS NULL THEN 'payment ' || i.payment_id ||"
    f"  ', which is not there' WHEN {_STRANGE} THEN 'a payment of another due' ELSE"
    "  'another person, due, area or insurance than its case ' || c.id END"
    " FROM refund_item i JOIN refund_case c ON c.id = i.case_id LEFT JOIN payment p ON p.id = i.payment_id"
    f" WHERE p.id IS NULL OR {_STRANGE} OR (i.person_id, i.due_id, i.area, i.insurance)"
    " IS DISTINCT FROM (c.person_id, c.due_id, c.area, c.insurance)"
    " UNION ALL SELECT 'order ' || o.id, CASE WHEN b.id IS NULL THEN 'account ' || o.bank_account_id ||"
    "  ', which is not there' ELSE 'an account of person ' || b.person_id || ', its refund is of person '"
    "  || coalesce(i.person_id::text, 'unknown') END"
    " FROM disbursement o JOIN refund_item i ON i.id = o.refund_item_id LEFT JOIN bank_account b"
    "  ON b.id = o.bank_account_id WHERE b.id IS NULL OR b.person_id IS DISTINCT FROM i.person_id"
)
_WITHIN = (
    "WITH back AS (SELECT i.payment_id, i.due_id, c.payment_id IS NULL AS settled, sum(i.amount)::bigint AS amount"
    "  FROM refund_item i JOIN refund_case c ON c.id = i.case_id WHERE i.state <> 'stopped' GROUP BY 1, 2, 3),"
    " held AS (SELECT b.*, (coalesce((SELECT sum(t.amount) FROM transfer t WHERE t.subject_id = b.payment_id"
    "   AND t.due_id IS NOT DISTINCT FROM b.due_id AND t.code = ANY(CASE WHEN settled THEN ARRAY['payment.settled']"
    "    ELSE ARRAY['payment.overpaid', 'payment.unidentified'] END)), 0)"
    f"  + coalesce((SELECT CASE WHEN settled THEN {NET} ELSE -{NET} END FROM allocation a"
    "   WHERE a.payment_id = b.payment_id AND (a.due_id = b.due_id OR NOT settled)), 0))::bigint AS booked,"
    "  EXISTS (SELECT FROM payment p JOIN payment r ON r.reverses = p.voucher_no AND r.line = p.line"
    "   AND r.remark = 'reversed' WHERE p.id = b.payment_id) AS gone FROM back b)"
    " SELECT payment_id, amount, CASE WHEN gone THEN 0 ELSE booked END AS booked, settled FROM held"
    " WHERE amount > CASE WHEN gone THEN 0 ELSE booked END"
)
_POSTED = (
    "WITH said AS (SELECT step.code, i.id, i.amount, i.due_id FROM refund_item i CROSS JOIN LATERAL (VALUES"
    "   (CASE WHEN i.source <> '' THEN 'refund.returned_to_fund' ELSE CASE i.stood WHEN 'premium_levied'"
    "    THEN 'refund.approved' WHEN 'overpaid' THEN 'refund.overpaid_approved'"
    "    ELSE 'refund.unidentified_approved' END END),"
    "   (CASE WHEN i.route = 'tax' AND i.state = 'paid' THEN 'refund.carried_out' END),"
    "   (CASE WHEN i.state = 'stopped' THEN CASE WHEN i.source <> '' THEN 'refund.fund_share_stopped' ELSE CASE i.stood"
    "    WHEN 'premium_levied' THEN 'refund.stopped' WHEN 'overpaid' THEN 'refund.overpaid_stopped'"
    "    ELSE 'refund.unidentified_stopped' END END END)) AS step (code)"
    "  WHERE step.code IS NOT NULL"
    "  UNION ALL SELECT step.code, o.id, o.amount, i.due_id FROM disbursement o"
    "   JOIN refund_item i ON i.id = o.refund_item_id CROSS JOIN LATERAL (VALUES ('refund.ordered'),"
    "    (CASE WHEN o.state = 'paid' THEN 'refund.arrived'"
    "     WHEN o.state IN ('returned', 'refused') THEN 'refund.came_back' END)) AS step (code)"
    "   WHERE step.code IS NOT NULL),"
    " posted AS (SELECT code, subject_id AS id, amount, due_id FROM transfer WHERE code LIKE 'refund.%')"
    " SELECT code, id, coalesce(said.amount, 0) AS says, coalesce(posted.amount, 0) AS booked, said.due_id AS due,"
    " posted.due_id AS booked_for FROM said FULL JOIN posted USING (code, id)"
    " WHERE said.amount IS DISTINCT FROM posted.amount OR said.due_id IS DISTINCT FROM posted.due_id"
)
_SUMS = (
    "WITH says AS (SELECT v.code, coalesce(sum(i.amount) FILTER (WHERE CASE v.code"
    "   WHEN 'refund_payable' THEN i.source = '' AND (i.state IN ('approved', 'held')"
    "    OR i.state = 'ordered' AND i.route = 'tax')"
    "   WHEN 'refund_in_transit' THEN i.state = 'ordered' AND i.route = 'treasury'"
    "   WHEN 'refunded_by_treasury' THEN i.state = 'paid' AND i.route = 'treasury'"
    "   WHEN 'refunded_at_tax' THEN i.state = 'paid' AND i.route = 'tax'"
    "   ELSE i.source <> '' AND i.state <> 'stopped' END), 0) AS amount"
    "  FROM (VALUES ('refund_payable'), ('refund_in_transit'), ('refunded_by_treasury'), ('refunded_at_tax'),"
    "   ('owed_to_fund')) AS v (code) LEFT JOIN refund_item i ON true GROUP BY v.code),"
    " moved AS (SELECT c.code, sum(m.amount) AS balance FROM (SELECT credit_id AS id, amount FROM transfer"
    "   WHERE code LIKE 'refund.%' UNION ALL SELECT debit_id, -amount FROM transfer WHERE code LIKE 'refund.%') AS m"
    "  JOIN account c ON c.id = m.id GROUP BY c.code)"
    " SELECT s.code, s.amount, coalesce(m.balance, 0) AS balance FROM says s LEFT JOIN moved m USING (code)"
    " WHERE s.amount <> coalesce(m.balance, 0)"
)
_CASES = (
    "WITH back AS (SELECT c.id, c.state, c.due_id, c.reason, count(i.id) AS n, coalesce(sum(i.amount), 0)::bigint"
    "   AS amount, bool_and(i.state = 'paid') AS done,"
    "   (SELECT sum((share->>'amount')::bigint) FROM jsonb_array_elements(CASE jsonb_typeof(c.decision->'refund')"
    "    WHEN 'array' THEN c.decision->'refund' ELSE '[]' END) AS share)::bigint AS decided"
    "  FROM refund_case c LEFT JOIN refund_item i ON i.case_id = c.id AND i.state <> 'stopped' GROUP BY c.id)"
    " SELECT b.id, b.state, b.amount, coalesce(b.decided, 0) AS decided, d.state AS due_state, d.paid -"
    " d.lowered AS paid"
    " FROM back b LEFT JOIN due d ON d.id = b.due_id WHERE"
    " (b.n > 0) <> (b.state IN ('approved', 'ordered', 'held', 'refunded'))"
    " OR (b.n > 0 AND (b.amount <> b.decided OR b.done <> (b.state = 'refunded')))"
    " OR (b.n > 0 AND b.reason <> 'overpaid' AND (d.paid - d.lowered <> b.amount OR (d.state = 'refunded') <> b.done))"
    " UNION ALL SELECT NULL, NULL, 0, 0, d.state, d.paid FROM due d WHERE d.state = 'refunded' AND NOT EXISTS"
    "  (SELECT FROM refund_case c WHERE c.due_id = d.id AND c.reason <> 'overpaid' AND c.state = 'refunded')"
)
_ORDERS = (
    "WITH orders AS (SELECT refund_item_id, count(*) FILTER (WHERE state IN ('ordered', 'accepted')) AS open,"
    "  count(*) FILTER (WHERE state = 'paid') AS paid, max(attempt) AS last, count(*) AS n,"
    "  min(amount) AS least, max(amount) AS most FROM disbursement GROUP BY refund_item_id)"
    " SELECT i.id, i.state, i.amount, o.open, o.paid, o.n, o.least, o.most FROM refund_item i"
    " LEFT JOIN orders o ON o.refund_item_id = i.id"
    " WHERE coalesce(o.open, 0) <> CASE WHEN i.route = 'treasury' AND i.state = 'ordered' THEN 1 ELSE 0 END"
    " OR coalesce(o.paid, 0) <> CASE WHEN i.route = 'treasury' AND i.state = 'paid' THEN 1 ELSE 0 END"
    " OR o.last <> o.n OR o.least <> i.amount OR o.most <> i.amount"
)
_APPROVALS = (
    "WITH told AS MATERIALIZED (SELECT (f->>'case')::bigint AS id, (f->>'amount')::bigint AS amount, f->>'by' AS by"
    "  FROM (SELECT facts::jsonb AS f FROM audit_event WHERE action = 'refund.approved') AS e),"
    " booked AS (SELECT c.id, c.reviewed_by AS by, c.reviewed_on AS day, sum(i.amount)::bigint AS amount FROM"
    "  refund_case c JOIN refund_item i ON i.case_id = c.id GROUP BY c.id)"
    " SELECT id, b.amount AS booked, told.amount AS told FROM booked b FULL JOIN told USING (id)"
    f" WHERE (b.amount, b.by) IS DISTINCT FROM (told.amount, told.by) AND NOT {untold('b.day', 'told.amount')}"
)


def refunds_belong(connection: Connection) -> list[str]:
    """Every refund is of the person whose due or payment it gives back, and is paid to an account of that person."""
    return sentences(connection, _PEOPLE, lambda row: f"{row.what} names {row.names}")


def refunds_within_payments(connection: Connection) -> list[str]:
    """No payment is given back twice, nor more of it than it settled or was above what was due."""
    return sentences(
        connection,
        _WITHIN,
        lambda row: (
            f"payment {row.payment_id}: {yuan(row.amount)} yuan are given back of {yuan(row.booked)} that "
            + ("settled its due" if row.settled else "were above what was due")
        ),
    )


def refunds_are_posted(connection: Connection) -> list[str]:
    """Every refund is posted with its amount, each step that it has taken and no other."""
    return sentences(
        connection,
        _POSTED,
        lambda row: (
            f"{row.code} of {row.id}: the book says {yuan(row.says)} yuan for due {row.due or 'unknown'},"
            f" the ledger {yuan(row.booked)} for due {row.booked_for or 'unknown'}"
        ),
    )


def refunds_agree(connection: Connection) -> list[str]:
    """What is to be given back, under way, done by treasury and tax, and back at the funds is what accounts hold."""
    return sentences(
        connection,
        _SUMS,
        lambda row: f"the refunds say {row.code} is {yuan(int(row.amount))} yuan, the ledger {yuan(int(row.balance))}",
    )


def refund_cases_fit(connection: Connection) -> list[str]:
    """A case gives back what was decided, and a due is refunded just when all of it has been given back."""
    return sentences(
        connection,
        _CASES,
        lambda row: (
            f"refund case {row.id or 'unknown'} ({row.state}) gives back {yuan(row.amount)} yuan of"
            f" {yuan(row.decided)} decided; its due is {row.due_state or 'unknown'} with {yuan(row.paid or 0)} paid"
        ),
    )


def refund_orders_fit(connection: Connection) -> list[str]:
    """Of each refund by the treasury one order is open when it is ordered and one is paid when it is paid."""
    return sentences(
        connection,
        _ORDERS,
        lambda row: (
            f"refund item {row.id} of {yuan(row.amount)} yuan is {row.state}; of its {row.n or 0} orders"
            f" {row.open or 0} are open and {row.paid or 0} paid"
        ),
    )


def approvals_are_told(connection: Connection) -> list[str]:
    """Every approval of a refund has an event in the audit log, with the same reviewer and amount."""
    return sentences(
        connection,
        _APPROVALS,
        lambda row: (
            f"refund case {row.id}: approved are {yuan(row.booked or 0)} yuan, the audit log says"
            f" {yuan(row.told or 0)}, or names another reviewer"
        ),
    )
