"""Every table of the service, registered with one metadata object."""

from worker.database import applications, evidence, money, roster, work
from worker.database.schema import metadata

__all__ = ["applications", "evidence", "metadata", "money", "roster", "work"]
