"""Who is assisted both as enrolled here and on a claim between areas (R17), as SQL: what may be asked back of it."""

from __future__ import annotations

_NETTED = (
    "(d.standard - (SELECT sum(s.paid - s.lowered) FROM due s WHERE s.enrolment_id = d.enrolment_id"
    " AND s.insurance = d.insurance AND s.current) - (SELECT coalesce(sum(a.amount), 0) FROM assistance a"
    " WHERE a.enrolment_id = d.enrolment_id AND a.insurance = d.insurance AND a.state = 'applied'))::bigint"
)
"""Fen by which the levy of the due ``d`` was netted without a fund that stands in for it."""
ASKED = (
    "(EXISTS (SELECT FROM clawback c WHERE c.assistance_id = x.id)"
    " OR EXISTS (SELECT FROM clawback_request r WHERE r.assistance_id = x.id AND r.answer IS NULL))"
)
"""Whether assistance ``x`` is asked back, or a second person is asked about it."""
_STATE = f"CASE WHEN {ASKED} THEN 'asked' ELSE x.state END AS state"
TWICE = (
    "SELECT x.id || ' ' || h.case_id AS key, x.id AS assistance, x.person_id, x.source, x.amount AS yuan,"
    f" h.case_id AS claim, x.amount, {_STATE} FROM assistance x JOIN enrolment e ON e.id = x.enrolment_id"
    " JOIN handoff h ON h.kind = 'assistance_claim' AND h.person_id = x.person_id AND h.insured_year = e.insured_year"
    " AND h.insurance = x.insurance AND h.state IN ('granted', 'assisted', 'closed')"
    " WHERE x.state NOT IN ('cancelled', 'granted', 'held') AND NOT fund_has_back(x.id)"
    # A claim of ours that pays nothing, or that its funds have back, is none that assists.
    " AND (h.side = 'intended' OR EXISTS (SELECT FROM assistance a WHERE a.handoff_id = h.id AND a.state <> 'cancelled'"
    "  AND NOT fund_has_back(a.id)))"
    # We assist on a claim, and the levy of the same person here was netted: no fund stands in for that.
    f" UNION ALL SELECT d.id || ' ' || h.case_id, x.id, x.person_id, x.source, {_NETTED}, h.case_id, x.amount, {_STATE}"
    " FROM handoff h JOIN assistance x ON x.handoff_id = h.id AND x.state <> 'cancelled' AND NOT fund_has_back(x.id)"
    " JOIN enrolment e ON e.person_id = x.person_id AND e.insured_year = x.insured_year JOIN due d"
    " ON d.enrolment_id = e.id AND d.insurance = x.insurance AND d.current AND d.part = 0 AND d.state = 'paid'"
    f" AND d.payer = 'person' WHERE h.kind = 'assistance_claim' AND {_NETTED} > 0"
)
"""Each grant that is one too many, with the claim; a share of a claim stands beside a netted levy of ``yuan`` fen."""
