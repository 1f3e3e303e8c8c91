"""Every table of the service, registered with one metadata object."""

from worker.database import applications, clawbacks, evidence, funds, money, refunds, roster, work
from worker.database.schema import metadata

__all__ = ["applications", "clawbacks", "evidence", "funds", "metadata", "money", "refunds", "roster", "work"]
