"""How somebody enrolled stands, for the figures by town and for the list that they are made of alike."""

from __future__ import annotations

STANDINGS = ("paid", "outside", "free", "rejected", "unpaid")
"""Everybody is one of these: paid for in full and counted in the plan; paid for by a department that the plan leaves
out; covered without anything being due; tax refused a due; whatever else is not paid."""
DUES_OF_ONE = (
    "bool_and(d.state = 'paid') AS paid, bool_or(d.payer <> 'person') AS sponsored,"
    " bool_and(d.payer = ANY(CAST(:outside AS text[]))) AS outside, bool_or(d.state = 'rejected') AS rejected,"
    " sum(d.paid) FILTER (WHERE d.payer = 'person') AS paid_fen,"
    " sum(d.paid) FILTER (WHERE d.payer <> 'person') AS sponsored_fen"
)
"""What the dues ``d`` of an enrolment come to, of which only ``CURRENT`` count; ``:outside``: sources of no plan."""
CURRENT = "d.current AND d.state <> 'void'"
STANDS = (
    "CASE WHEN s.paid AND s.outside THEN 'outside' WHEN s.paid THEN 'paid'"
    " WHEN e.free_since IS NOT NULL THEN 'free' WHEN s.rejected THEN 'rejected' ELSE 'unpaid' END"
)
"""One of ``STANDINGS``, of the dues ``s``, which may be missing, and the enrolment ``e``."""
