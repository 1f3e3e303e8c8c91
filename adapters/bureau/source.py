"""What a reader of one file format offers: the first rows, to find a header in, and then all that follow, in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

COLUMN_LIMIT = 200
"""Cells that a row may have: the widest list has about thirty columns."""
ROW_LIMIT = 500_000
"""Rows that a file may have: the largest county has about half as many people."""


@dataclass
class Chunk:
    """Some rows in order: ``lines[i]`` is the line of ``rows[i]`` (the first is 1). Blank rows are left out.

    ``unquoted`` holds the positions of rows whose quotation marks do not pair.
    """

    lines: list[int]
    rows: list[list[str]]
    unquoted: set[int] = field(default_factory=set)


class Source(Protocol):
    """A delimited text or one sheet of a workbook."""

    def head(self, count: int) -> list[list[str]]:
        """The first ``count`` rows or fewer, blank ones too."""

    def chunks(self, skip: int, size: int) -> Iterator[Chunk]:
        """All rows after the first ``skip``, about ``size`` at a time."""
