"""The figures of a season's report, read from the books."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, text

from config.areas import Area, load_areas
from config.settings import Settings
from worker.audit.verify import verify
from worker.keys import Keychain
from worker.ledger.check import check_ledger
from worker.report.afterwards import AFTERWARDS
from worker.report.breaks import ages, ended
from worker.report.claims import read_claims, read_deductions
from worker.report.enrolled import CURRENT, DUES_OF_ONE, STANDS
from worker.report.handoffs import read_handoffs
from worker.report.stages import busy_by_stage

_TOWNS = text(
    f"WITH stands AS (SELECT d.enrolment_id, {DUES_OF_ONE} FROM due d WHERE d.area = :area AND d.insured_year = :year"
    f"  AND {CURRENT} GROUP BY d.enrolment_id), persons AS"
    f" (SELECT e.town, s.paid_fen, s.sponsored_fen, s.paid AND s.sponsored AS sponsored, {STANDS} AS stands"
    "  FROM enrolment e LEFT JOIN stands s ON s.enrolment_id = e.id"
    "  WHERE e.area = :area AND e.insured_year = :year)"
    " SELECT town, count(*) AS enrolled, count(*) FILTER (WHERE stands = 'paid') AS paid,"
    " count(*) FILTER (WHERE stands = 'outside') AS outside_plan, count(*) FILTER (WHERE stands = 'free') AS free,"
    " count(*) FILTER (WHERE stands = 'rejected') AS rejected, count(*) FILTER (WHERE stands = 'unpaid') AS unpaid,"
    " count(*) FILTER (WHERE sponsored) AS sponsored,"
    " coalesce(sum(paid_fen), 0)::bigint AS paid_fen, coalesce(sum(sponsored_fen), 0)::bigint AS sponsored_fen"
    " FROM persons GROUP BY town"
)
_ASSISTED = text(
    "SELECT e.town, coalesce(sum(a.amount) FILTER (WHERE a.timing = 'at_levy'), 0)::bigint AS netted_fen,"
    " coalesce(sum(a.amount) FILTER (WHERE a.timing <> 'at_levy'), 0)::bigint AS assisted_fen"
    " FROM assistance a JOIN enrolment e ON e.id = a.enrolment_id"
    " WHERE a.state <> 'cancelled' AND e.area = :area AND e.insured_year = :year GROUP BY e.town"
)
_FUNDS = text(
    "SELECT source, sum(sponsored)::bigint AS sponsored, sum(netted)::bigint AS netted,"
    " sum(granted)::bigint AS granted, sum(paid_out)::bigint AS paid_out, sum(under_way)::bigint AS under_way,"
    " sum(held)::bigint AS held, sum(levied)::bigint AS levied, sum(given)::bigint AS given, count(*) AS people FROM ("
    " SELECT payer AS source, paid AS sponsored, 0 AS netted, 0 AS granted, 0 AS paid_out, 0 AS under_way, 0 AS held,"
    "  1 AS levied, 0 AS given FROM due WHERE area = :area AND insured_year = :year AND payer <> 'person'"
    "  AND state = 'paid'"
    " UNION ALL SELECT a.source, 0, CASE a.timing WHEN 'at_levy' THEN a.amount ELSE 0 END,"
    "  CASE a.timing WHEN 'at_levy' THEN 0 ELSE a.amount END, CASE a.state WHEN 'paid' THEN a.amount ELSE 0 END,"
    "  CASE a.state WHEN 'ordered' THEN a.amount ELSE 0 END,"
    "  CASE WHEN a.state IN ('granted', 'held') THEN a.amount ELSE 0 END, 0, 1"
    "  FROM assistance a WHERE a.state <> 'cancelled' AND a.area = :area AND a.insured_year = :year"
    " ) AS s GROUP BY source ORDER BY source"
)
_QUARANTINE = text(
    "SELECT f.kind, p->>'code' AS code, count(*) AS rows FROM quarantined_row q JOIN intake_file f ON f.id = q.file_id"
    " CROSS JOIN LATERAL jsonb_array_elements(q.problems) AS p WHERE q.state = 'open' GROUP BY 1, 2 ORDER BY 1, 3 DESC"
)
_REFUNDS = text(
    "SELECT c.reason, count(*) AS cases, count(*) FILTER (WHERE c.state = 'refunded') AS refunded,"
    " count(*) FILTER (WHERE c.state = 'refused') AS refused, count(*) FILTER (WHERE c.state = 'held') AS held,"
    " count(*) FILTER (WHERE c.state = 'rejected_by_review') AS rejected,"
    " coalesce(sum(i.fen), 0)::bigint AS refunded_fen, coalesce(sum(i.held_fen), 0)::bigint AS held_fen"
    " FROM refund_case c LEFT JOIN LATERAL (SELECT sum(amount) FILTER (WHERE state = 'paid') AS fen,"
    "  sum(amount) FILTER (WHERE state = 'held') AS held_fen FROM refund_item WHERE case_id = c.id) AS i ON true"
    " WHERE c.area = :area AND c.insured_year = :year GROUP BY c.reason ORDER BY c.reason"
)
_DUPLICATES = text(
    "SELECT found_by, coalesce(outcome, state) AS stands, count(*) AS cases,"
    " count(*) FILTER (WHERE decided_by IS NOT NULL) AS by_clerk FROM duplicate_case"
    " WHERE area = :area AND insured_year = :year GROUP BY 1, 2 ORDER BY 1, 2"
)
_COUNTS = {
    "files_taken": "SELECT count(*) FROM intake_file WHERE state = 'taken'",
    "files_refused": "SELECT count(*) FROM intake_file WHERE state = 'refused'",
    "rows_quarantined": "SELECT count(*) FROM quarantined_row WHERE state = 'open'",
    "dues_rejected": "SELECT count(*) FROM due WHERE state = 'rejected'",
    "dues_void": "SELECT count(*) FROM due WHERE state = 'void'",
    "payments": "SELECT count(*) FROM payment",
    "payments_fen": "SELECT coalesce(sum(CASE kind WHEN 'payment' THEN amount ELSE -amount END), 0) FROM payment",
    "statements": "SELECT count(*) FROM statement WHERE side = 'tax' AND period = 'day'",
    "statement_lines": "SELECT coalesce(sum(lines), 0) FROM statement WHERE side = 'tax' AND period = 'day'",
    "treasury_statements": "SELECT count(*) FROM statement WHERE side = 'treasury' AND period = 'day'",
    "treasury_lines": "SELECT coalesce(sum(lines), 0) FROM statement WHERE side = 'treasury' AND period = 'day'",
    "months_compared": "SELECT count(*) FROM statement WHERE period = 'month'",
    "breaks_open": "SELECT count(*) FROM break_found WHERE state = 'open'",
    "payouts_returned": "SELECT count(*) FROM disbursement WHERE state IN ('returned', 'refused')",
    "assistance_held": "SELECT count(*) FROM assistance WHERE state = 'held'",
    "covers_held": "SELECT count(*) FROM enrolment WHERE held_from IS NOT NULL AND closed_because IS NULL",
    "covers_suspended": "SELECT count(*) FROM enrolment WHERE suspended_on IS NOT NULL AND closed_because IS NULL",
    "enrolments_closed": "SELECT count(*) FROM enrolment WHERE closed_because IS NOT NULL",
    "jobs_done": "SELECT count(*) FROM job WHERE state = 'done'",
    "jobs_stuck": "SELECT count(*) FROM job WHERE state IN ('parked', 'unknown')",
}


@dataclass(frozen=True)
class Town:
    """A town's line: persons, and fen. ``rate`` is per cent of the plan, to two decimals, None without a plan.

    Everybody enrolled is one of paid, outside_plan (paid for, not counted in the plan), free, rejected, unpaid;
    ``sponsored`` are those of paid and outside_plan whom a department paid for. ``handoffs`` are cases with another
    area about people of the town, ``in_transit_fen`` the premiums of those that are open.
    """

    code: str
    name: str
    planned: int
    enrolled: int = 0
    paid: int = 0
    outside_plan: int = 0
    free: int = 0
    rejected: int = 0
    unpaid: int = 0
    sponsored: int = 0
    paid_fen: int = 0
    sponsored_fen: int = 0
    assisted_fen: int = 0
    netted_fen: int = 0
    handoffs: int = 0
    in_transit_fen: int = 0

    @property
    def rate(self) -> str | None:
        """Paid per planned, without those whom the plan does not count (``Area.outside_plan``)."""
        if not self.planned:
            return None
        hundredths = self.paid * 10_000 // self.planned
        return f"{hundredths // 100}.{hundredths % 100:02d}"


@dataclass(frozen=True)
class Report:
    """Everything a season's report says; amounts in fen.

    ``breaks`` are the open ones by side and kind, with their ages in days; ``breaks_ended`` the others by state.
    ``stages`` are worker seconds by stage, ``seconds`` what the season took from files on disk to reconciled.
    """

    area: str
    area_name: str
    insured_year: int
    goal: int
    towns: list[Town]
    funds: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]
    counts: dict[str, int]
    ledger_problems: list[str]
    audit_events: int
    audit_flaws: list[str]
    breaks: list[dict[str, Any]] = field(default_factory=list)
    breaks_ended: dict[str, int] = field(default_factory=dict)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    neighbour_problems: list[str] | None = None
    stages: dict[str, float] = field(default_factory=dict)
    claims: list[dict[str, Any]] = field(default_factory=list)
    deductions: list[dict[str, Any]] = field(default_factory=list)
    handoffs: list[dict[str, Any]] = field(default_factory=list)
    seconds: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, with each town's rate."""
        towns = [asdict(town) | {"rate": town.rate} for town in self.towns]
        return asdict(self) | {"towns": towns}


def planned_for(settings: Settings) -> dict[str, int]:
    """Residents planned by town code; a season that was played in part is measured against its part of the plan."""
    played = settings.home / "season.json"
    if played.exists():
        return {town["code"]: town["planned"] for town in orjson.loads(played.read_bytes())["towns"]}
    return {town.code: town.planned.get(settings.insured_year, 0) for town in load_areas()[settings.area].towns}


def read_towns(connection: Connection, area: Area, insured_year: int, planned: dict[str, int]) -> list[Town]:
    """The line of each town of the area; ``planned`` is by town code."""
    place = {"area": area.code, "year": insured_year}
    outside = {"outside": list(area.outside_plan)}
    rows = {row.town: dict(row._mapping) for row in connection.execute(_TOWNS, place | outside)}
    assisted = {row.town: row._mapping for row in connection.execute(_ASSISTED, place)}
    handoffs, towns = read_handoffs(connection, area.code, insured_year), []
    for town in area.towns:
        figures = rows.get(town.code, {"town": town.code})
        figures |= assisted.get(town.code, {})
        figures.pop("town")
        of_town = [one for one in handoffs if one["town"] == town.code]
        figures["handoffs"] = sum(one["cases"] for one in of_town)
        figures["in_transit_fen"] = sum(one["in_transit_fen"] for one in of_town)
        towns.append(Town(town.code, town.name, planned.get(town.code, 0), **figures))
    return towns


def read_funds(connection: Connection, area: str, insured_year: int) -> list[dict[str, Any]]:
    """By funding source: what was levied, granted, paid out, is under way and held, in fen, and for how many people."""
    return [dict(row._mapping) for row in connection.execute(_FUNDS, {"area": area, "year": insured_year})]


def read_report(
    connection: Connection, area: Area, insured_year: int, planned: dict[str, int], keychain: Keychain
) -> Report:
    """Read the report of one area and year; ``planned`` is by town code."""
    place = {"area": area.code, "year": insured_year}
    connection.execute(text("ANALYZE"))  # a season fills tables faster than PostgreSQL takes their measure by itself
    events, flaws = verify(connection, keychain)
    return Report(
        area=area.code,
        area_name=area.name,
        insured_year=insured_year,
        goal=area.enrolment_goal[insured_year],
        towns=read_towns(connection, area, insured_year, planned),
        funds=read_funds(connection, area.code, insured_year),
        claims=read_claims(connection, area.code, insured_year),
        deductions=read_deductions(connection, area.code, insured_year),
        handoffs=read_handoffs(connection, area.code, insured_year),
        refunds=[dict(row._mapping) for row in connection.execute(_REFUNDS, place)],
        duplicates=[dict(row._mapping) for row in connection.execute(_DUPLICATES, place)],
        quarantine=[dict(row._mapping) for row in connection.execute(_QUARANTINE)],
        counts={
            name: int(connection.execute(text(query)).scalar_one()) for name, query in (_COUNTS | AFTERWARDS).items()
        },
        ledger_problems=check_ledger(connection),
        audit_events=events,
        breaks=ages(connection),
        breaks_ended=ended(connection),
        stages=busy_by_stage(connection),
        audit_flaws=[f"{flaw.chain} {flaw.position}: {flaw.sentence}" for flaw in flaws],
    )
