"""Spreadsheets (XLSX): every cell as the text a clerk sees, dates in ISO form. ``unpacking.py`` reads them, apart."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import subprocess
import sys
import weakref
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from adapters.bureau.problems import FileRefused
from adapters.bureau.source import COLUMN_LIMIT, ROW_LIMIT, Chunk

UNPACKED_LIMIT = 384 * 1024 * 1024
"""Bytes of a workbook unpacked: a list of 150,000 people has about 200 MB."""
_UNPACKING = Path(__file__).with_name("unpacking.py")
_HEAD = 20
_DAMAGED = "This is no workbook that can be read, or it is damaged: save it again as .xlsx."
_TOO_MUCH = (
    "The workbook asks for far more memory or time than a list would: delete stray cells far to the right or below, or"
    " save only the list, as CSV."
)


class _Unpacking:
    """The process that holds an unpacked workbook, and the sheets that it found; it ends with this object."""

    def __init__(self, content: bytes) -> None:
        limits = (_HEAD, COLUMN_LIMIT, ROW_LIMIT + 1)
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_UNPACKING), *map(str, limits)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath},
        )
        weakref.finalize(self, _end, self._process)
        self._write(b"%d\n" % len(content) + content)
        self.sheets: list[tuple[int, list[list[str]]]] | None = self._read()

    def rows(self, sheet: int, skip: int, size: int) -> Iterator[Chunk]:
        """All rows of a sheet after the first ``skip``; can be asked for once."""
        self._write(b"%d %d %d\n" % (sheet, skip, size))
        while (batch := self._read()) is not None:
            yield Chunk(*batch)
        _end(self._process)

    def _write(self, content: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # what it says, or that it says nothing, is the answer
            self._process.stdin.write(content)
            self._process.stdin.flush()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise FileRefused(_TOO_MUCH)
        return orjson.loads(line)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
    process.wait()


class Sheet:
    """One sheet of a workbook; rows become Python objects only as they are asked for."""

    def __init__(self, unpacking: _Unpacking, at: int, columns: int, head: list[list[str]]) -> None:
        self._unpacking, self._at, self._columns, self._head = unpacking, at, columns, head

    def head(self, count: int) -> list[list[str]]:
        """The first ``count`` rows or fewer (at most twenty), blank ones too."""
        return self._head[:count]

    def chunks(self, skip: int, size: int) -> Iterator[Chunk]:
        """All rows after the first ``skip``, about ``size`` at a time.

        Raises ``FileRefused`` for a sheet that is wider or longer than a list.
        """
        if self._columns > COLUMN_LIMIT:
            raise FileRefused(
                f"The sheet reaches to column {self._columns:,}: delete stray cells, or save the list as CSV."
            )
        found = 0
        for chunk in self._unpacking.rows(self._at, skip, size):
            found += len(chunk.rows)
            if found > ROW_LIMIT:
                raise FileRefused(f"The sheet has more than the {ROW_LIMIT:,} rows allowed: split the list.")
            yield chunk


def sheets(content: bytes) -> list[Sheet]:
    """The sheets of a workbook that hold anything.

    Raises ``FileRefused`` for a file that is no workbook, or one that asks for more than a list would.
    """
    if unpacked_size(content) > UNPACKED_LIMIT:
        raise FileRefused("The workbook unpacks to far more than a list would: save only the list, as CSV.")
    unpacking = _Unpacking(content)
    if unpacking.sheets is None:
        raise FileRefused(_DAMAGED)
    return [Sheet(unpacking, at, columns, head) for at, (columns, head) in enumerate(unpacking.sheets)]


def unpacked_size(content: bytes) -> int:
    """Bytes that an archive says it unpacks to. Raises ``FileRefused`` where its directory cannot be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise FileRefused(_DAMAGED) from error
