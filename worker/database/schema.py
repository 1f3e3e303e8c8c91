"""The one metadata object that every table of the service registers with, and the kind of index that tables share."""

from __future__ import annotations

from sqlalchemy import Index, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def by_pages(name: str, column: str, ops: str | None = None, pages: int = 32) -> Index:
    """An index (BRIN) that knows which stretches of ``pages`` may have a value, small and all but free to write."""
    return Index(
        name,
        column,
        postgresql_using="brin",
        postgresql_ops={column: ops} if ops else {},
        postgresql_with={"pages_per_range": pages, "autosummarize": "on"},
    )
