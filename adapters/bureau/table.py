"""A dropped file as a table: its layout, and its rows in chunks, whatever it was written with."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.bureau import workbook
from adapters.bureau.columns import Layout, expected_headers, recognise
from adapters.bureau.delimited import DelimitedText
from adapters.bureau.problems import FileRefused
from adapters.bureau.source import COLUMN_LIMIT, Chunk, Source

SIZE_LIMIT = 48 * 1024 * 1024
"""Bytes a file may have; a larger list is to be split. A county's whole roster is about 30 MB."""

LINK = "This is a symbolic link, and links are not followed: put the file itself there."

HEADER_WITHIN = 10
"""A header is looked for in this many first rows: sheets often begin with a title."""


@dataclass
class Table:
    """A file of ours: its layout, its rows still to be read, and what was noticed about the file as a whole."""

    layout: Layout
    chunks: Iterator[Chunk]
    notes: tuple[str, ...]


def read_bytes(path: Path, limit: int = SIZE_LIMIT, follow_links: bool = True) -> bytes:
    """The file's bytes. Raises ``FileRefused`` where it is not a readable file or is larger than ``limit`` bytes."""
    if not follow_links and path.is_symlink():
        raise FileRefused(LINK)
    try:
        with open(path, "rb", opener=_without_waiting if follow_links else _without_links) as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise FileRefused("There is no file of this name.")
            content = file.read(limit + 1) if state.st_size <= limit else b""
    except FileNotFoundError:
        raise FileRefused("There is no file of this name.") from None
    except OSError as error:
        raise FileRefused(f"The file cannot be read: {error.strerror}.") from error
    size = max(state.st_size, len(content))
    if size > limit:
        raise FileRefused(f"The file has {size:,} bytes, more than the {limit:,} allowed: split the list.")
    return content


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe without a writer is no file, and would be waited for


def _without_links(path: str, flags: int) -> int:
    return _without_waiting(path, flags | os.O_NOFOLLOW)


def open_table(content: bytes, chunk_rows: int = 5000) -> Table:
    """The table in a file's bytes, to be read in chunks of about ``chunk_rows``.

    Raises ``FileRefused`` with a sentence where it is no file of ours.
    """
    if not content.strip():
        raise FileRefused("The file is empty.")
    sources: Sequence[Source] = workbook.sheets(content) if _is_workbook(content) else [DelimitedText(content)]
    found = [(source, *header) for source in sources if (header := _find_header(source)) is not None]
    if not found:
        raise FileRefused(f"No header of ours was found in it. The columns of each kind are: {expected_headers()}.")
    if len(found) > 1:
        raise FileRefused("Several sheets of this workbook have a header of ours: save each as a file of its own.")
    source, at, layout = found[0]
    if layout.width > COLUMN_LIMIT:
        raise FileRefused(
            f"The header has more than {COLUMN_LIMIT} columns: delete what stands to the right of the list."
        )
    unread = ("The workbook has other sheets, which are not read.",) if len(sources) > 1 else ()
    return Table(layout, source.chunks(at + 1, chunk_rows), layout.notes + unread)


def rows_at(content: bytes, lines: frozenset[int]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows at some lines of a file that was opened before, as storable cells by field."""
    table = open_table(content)
    for chunk in table.chunks:
        for line, row in zip(chunk.lines, chunk.rows, strict=True):
            if line in lines:
                yield line, table.layout.cells(row)


def _is_workbook(content: bytes) -> bool:
    return content.startswith(b"PK\x03\x04") and b"xl/" in content


def _find_header(source: Source) -> tuple[int, Layout] | None:
    for at, cells in enumerate(source.head(HEADER_WITHIN)):
        layout = recognise(cells)
        if layout is not None:
            return at, layout
    return None
