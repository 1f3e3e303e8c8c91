"""Cases between areas, as a part of a season's report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.table import Table
from sqlalchemy import Connection, text

from policies.money import yuan
from worker.handoff.course import IN_TRANSIT
from worker.report.breaks import TODAY

_NAMES: Final = {
    ("wrong_area", "origin"): "错缴异地 paid here by mistake",
    ("wrong_area", "intended"): "错缴异地 paid there by mistake",
    ("assistance_claim", "origin"): "资助申领 recognised here",
    ("assistance_claim", "intended"): "资助申领 recognised there",
}
_CASES = text(
    "SELECT h.kind, h.side, h.peer, h.state, coalesce(e.town, '') AS town, count(*) AS cases,"
    " count(*) FILTER (WHERE h.turn IS NOT NULL) AS open,"
    f" count(*) FILTER (WHERE h.turn IS NOT NULL AND h.next_by < {TODAY}) AS overdue,"
    " coalesce(sum(h.amount) FILTER (WHERE h.kind = 'wrong_area' AND h.side = 'origin' AND h.state = ANY(:transit)), 0)"
    "  ::bigint AS in_transit_fen,"
    " coalesce(sum(h.amount) FILTER (WHERE h.kind = 'wrong_area' AND h.state IN ('refunded', 'completed')), 0)::bigint"
    "  AS moved_fen, coalesce(sum(a.fen), 0)::bigint AS assisted_fen"
    " FROM handoff h LEFT JOIN enrolment e ON e.id = h.enrolment_id LEFT JOIN LATERAL (SELECT sum(amount) AS fen"
    "  FROM assistance WHERE handoff_id = h.id AND state = 'paid') AS a ON true"
    " WHERE h.area = :area AND h.insured_year = :year GROUP BY 1, 2, 3, 4, 5 ORDER BY 1 DESC, 2 DESC, 3, 4, 5"
)


def read_handoffs(connection: Connection, area: str, insured_year: int) -> list[dict[str, Any]]:
    """Cases by kind, side, peer, state and town: how many, how many are open, and how many of these overdue, as
    ``levy handoff list --overdue`` has them; in fen what is in transit, what was refunded for having been paid
    elsewhere, and what is paid out on claims. ``town`` is '' where the person is not enrolled here.
    """
    values = {"area": area, "year": insured_year, "transit": list(IN_TRANSIT)}
    return [dict(row._mapping) for row in connection.execute(_CASES, values)]


def handoffs_table(cases: Sequence[Mapping[str, Any]]) -> Table:
    """The cases of all towns by kind and side, in 80 columns."""
    table = Table("case", title="转办 · cases between areas: `levy handoff list --all`", box=box.SIMPLE_HEAD, padding=0,
                  show_edge=False)  # fmt: skip
    for heading in ("办件\ncases", "在办\nopen", "逾期\nlate", "在途\nin transit", "已转、已付\nmoved, paid"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("how they stand")
    for (kind, side), name in _NAMES.items():
        of_kind = [one for one in cases if (one["kind"], one["side"]) == (kind, side)]
        if not of_kind:
            continue
        states: Counter[str] = Counter()
        for one in of_kind:
            states[one["state"]] += one["cases"]
        sums = {key: sum(one[key] for one in of_kind) for key in ("cases", "open", "overdue", "in_transit_fen")}
        moved = sum(one["moved_fen"] + one["assisted_fen"] for one in of_kind)
        people = [f"{sums[key]:,}" for key in ("cases", "open", "overdue")]
        stands = ", ".join(f"{state} {number:,}" for state, number in sorted(states.items()))
        table.add_row(name, *people, yuan(sums["in_transit_fen"]), yuan(moved), stands)
    return table
