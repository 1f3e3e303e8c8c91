"""Delimited text (CSV), in UTF-8 with or without a byte order mark, in UTF-16 with one, or in GB18030.

One line is one row, always: a quotation mark that never closes would otherwise swallow the rest of the file.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence

from adapters.bureau.problems import FileRefused
from adapters.bureau.source import COLUMN_LIMIT, ROW_LIMIT, Chunk

_DELIMITERS = ",\t;"
_KNOWN_FORMATS = {
    b"\xd0\xcf\x11\xe0": "an old .xls workbook or one with a password: save it as .xlsx or CSV",
    b"%PDF": "a PDF: ask for the list as a spreadsheet",
    b"\x89PNG": "a picture: ask for the list as a spreadsheet",
    b"\xff\xd8\xff": "a picture: ask for the list as a spreadsheet",
    b"Rar!": "a RAR archive: unpack it first",
    b"7z\xbc\xaf": "a 7z archive: unpack it first",
    b"\x1f\x8b": "a gzip archive: unpack it first",
    b"PK": "a ZIP archive or no workbook of ours: unpack it, or save it as .xlsx or CSV",
}
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\x1b"))
_SAMPLE = 65_536
_NOT_DECODED = re.compile(r"[\udc80-\udcff]")
_FITTING = re.compile(r"[^\x00-\x7f\udc80-\udcff]")


class DelimitedText:
    """The lines of a delimited text."""

    def __init__(self, content: bytes) -> None:
        """Decode the bytes. Raises ``FileRefused`` for what is no text, or text in another encoding."""
        text = decode(content).replace("\r\n", "\n").replace("\r", "\n")
        if text.count("\n") > ROW_LIMIT:
            raise FileRefused(f"The file has more than the {ROW_LIMIT:,} lines allowed: split the list.")
        self._lines = text.split("\n")
        self._quoted = '"' in text
        head = "\n".join(self._lines[:10])
        self._delimiter = max(_DELIMITERS, key=head.count)

    def head(self, count: int) -> list[list[str]]:
        """The first ``count`` rows or fewer, blank ones too."""
        return [self._row(line)[0] for line in self._lines[:count]]

    def chunks(self, skip: int, size: int) -> Iterator[Chunk]:
        """All rows after the first ``skip``, ``size`` lines at a time."""
        for start in range(skip, len(self._lines), size):
            lines = self._lines[start : start + size]
            rows, unquoted = self._rows(lines)
            numbers = list(range(start + 1, start + 1 + len(rows)))
            if not all(rows):
                full = [at for at, row in enumerate(rows) if row]
                unquoted = {full.index(at) for at in unquoted}
                rows, numbers = [rows[at] for at in full], [numbers[at] for at in full]
            if rows:
                yield Chunk(numbers, rows, unquoted)

    def _rows(self, lines: Sequence[str]) -> tuple[list[list[str]], set[int]]:
        """The cells of each line, and the positions of lines whose quotation marks do not pair."""
        odd = {at for at, line in enumerate(lines) if line.count('"') % 2} if self._quoted else set()
        apart = odd | {at for at, line in enumerate(lines) if line.count(self._delimiter) >= COLUMN_LIMIT}
        tidy = ["-" if at in apart else line for at, line in enumerate(lines)] if apart else lines
        try:
            rows = list(csv.reader(tidy, delimiter=self._delimiter, strict=True))
        except csv.Error:
            rows = []
        if len(rows) == len(lines):
            for at in apart:
                rows[at] = self._split(lines[at])
            return rows, odd
        one_by_one = [self._row(line) for line in lines]
        return [row for row, _ in one_by_one], {at for at, (_, paired) in enumerate(one_by_one) if not paired}

    def _row(self, line: str) -> tuple[list[str], bool]:
        if line.count(self._delimiter) >= COLUMN_LIMIT:
            return self._split(line), True
        try:
            return next(csv.reader([line], delimiter=self._delimiter, strict=True), []), True
        except csv.Error:  # quotation marks without a partner, or a cell beyond the reader's limit
            return self._split(line), '"' not in line

    def _split(self, line: str) -> list[str]:
        """The cells of a line that is no good as it is; of one without end, the last is the rest of the line."""
        return line.split(self._delimiter, COLUMN_LIMIT)


def decode(content: bytes) -> str:
    """The text in some bytes; single bytes that do not fit stay as lone surrogates, for their row to be set aside.

    Raises ``FileRefused`` for bytes that are no text in an encoding we know.
    """
    for magic, meaning in _KNOWN_FORMATS.items():
        if content.startswith(magic):
            raise FileRefused(f"This is {meaning}.")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    first = content[:4096]
    if len(first.translate(None, _CONTROL)) < 0.95 * len(first):
        raise FileRefused("This is no text: it holds mostly binary data. Send CSV (UTF-8 or GB18030) or XLSX.")
    encodings = ("utf-8-sig", "gb18030")
    try:
        return content.decode(encodings[0])
    except UnicodeDecodeError:
        pass
    for encoding in encodings:
        if _fits_nearly(content[:_SAMPLE], encoding) or _fits_nearly(content, encoding):
            return content.decode(encoding, "surrogateescape")
    raise FileRefused("The text is neither UTF-8 nor GB18030: save it again as CSV UTF-8.")


def _fits_nearly(content: bytes, encoding: str) -> bool:
    """Whether the bytes hold text of that encoding beyond ASCII, and at most one byte in ten characters does not fit.

    Nearly is enough, and UTF-8 is asked first: a UTF-8 list with a cell pasted in from elsewhere would else be read as
    GB18030 without any complaint, and every name in it would be another.
    """
    text = content.decode(encoding, "surrogateescape")
    return len(_NOT_DECODED.findall(text)) * 10 < len(_FITTING.findall(text))
