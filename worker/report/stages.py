"""How long the workers were busy with each stage of a season, from the attempts that they recorded."""

from __future__ import annotations

from sqlalchemy import Connection, text

_STAGES = {
    "intake": ("tick.intake", "intake"),
    "assess": ("tick.assess", "assess"),
    "push": ("push", "void"),
    "sponsor": ("tick.sponsor", "declare"),
    "payments": ("tick.pull_payments",),
    "disburse": ("tick.disburse", "disburse", "tick.pull_results"),
    "refunds": ("tick.refunds", "refund", "tick.duplicates"),
    "reconcile": ("tick.reconcile", "reconcile"),
    "funds": ("tick.funds", "draw_funds"),
}
_BUSY = text(
    "SELECT j.kind, extract(epoch FROM sum(a.ended_at - a.started_at))::float AS seconds"
    " FROM job_attempt a JOIN job j ON j.id = a.job_id WHERE a.outcome <> 'lost' GROUP BY j.kind"
)


def busy_by_stage(connection: Connection) -> dict[str, float]:
    """Worker seconds by stage, to a hundredth; with two workers they add up to about twice the time that passed."""
    busy = {row.kind: row.seconds for row in connection.execute(_BUSY)}
    return {stage: round(sum(busy.get(kind, 0.0) for kind in kinds), 2) for stage, kinds in _STAGES.items()}
