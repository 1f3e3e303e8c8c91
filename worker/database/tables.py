"""Every table of the service, registered with one metadata object."""

from worker.database import applications, clawbacks, evidence, handoffs, money, refunds, roster, work
from worker.database.schema import metadata

__all__ = ["applications", "clawbacks", "evidence", "handoffs", "metadata", "money", "refunds", "roster", "work"]
