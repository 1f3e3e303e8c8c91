"""Every table of the service, registered with one metadata object."""

from worker.database import evidence, money, reconciliation, roster, work
from worker.database.schema import metadata

__all__ = ["evidence", "metadata", "money", "reconciliation", "roster", "work"]
