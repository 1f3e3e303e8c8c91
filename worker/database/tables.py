"""Every table of the service, registered with one metadata object."""

from worker.database import (
    api,
    applications,
    clawbacks,
    custody,
    evidence,
    failures,
    funds,
    handoffs,
    money,
    operators,
    reconciliation,
    refunds,
    restores,
    roster,
    summaries,
    work,
)
from worker.database.schema import metadata

__all__ = [
    "api", "applications", "clawbacks", "custody", "evidence", "failures", "funds", "handoffs", "metadata", "money",
    "operators", "reconciliation", "refunds", "restores", "roster", "summaries", "work",
]  # fmt: skip
