"""Every table of the service, registered with one metadata object."""

from worker.database import applications, evidence, handoffs, money, roster, work
from worker.database.schema import metadata

__all__ = ["applications", "evidence", "handoffs", "metadata", "money", "roster", "work"]
