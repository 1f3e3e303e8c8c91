"""Lists as a bureau writes them: columns under one of several kinds of headings, in one of several formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import xlsxwriter

from adapters.bureau.columns import fields_of

Headings = Literal["ours", "national", "chinese"]
_CHINESE, _NATIONAL = 1, 2
_CREATED = datetime(2020, 8, 31, 9, 0)  # noqa: DTZ001 - a property of the workbook, which knows no zones


@dataclass
class DroppedList:
    """One file: its kind, its fields in order, its rows of cells, and how it is written.

    ``expected`` collects what is wrong with it on purpose: position of the row -> (field, reason code). The last
    ``safe`` rows are never spoiled.
    """

    path: str
    kind: str
    fields: list[str]
    rows: list[list[str]]
    headings: Headings = "ours"
    encoding: str = "utf-8"
    title: str = ""
    expected: dict[int, tuple[str, str]] = field(default_factory=dict)
    identity_heading: bool = False
    safe: int = 0

    @property
    def is_workbook(self) -> bool:
        """Whether it is written as XLSX rather than as delimited text."""
        return self.path.endswith(".xlsx")

    def line(self, position: int) -> int:
        """The line of a row in the written file, the first is 1."""
        return position + 2 + bool(self.title)

    def manifest(self) -> dict[str, Any]:
        """What an intake of the file must come to."""
        return {
            "path": self.path,
            "kind": self.kind,
            "business_date": self.path[:10],
            "encoding": "xlsx" if self.is_workbook else self.encoding,
            "rows": len(self.rows),
            "good": len(self.rows) - len(self.expected),
            "bad": [
                {"line": self.line(position), "field": name, "code": code}
                for position, (name, code) in sorted(self.expected.items())
            ],
        }


def write(dropped: DroppedList, directory: Path) -> None:
    """Write the list below ``directory``, making its folder."""
    path = directory / dropped.path
    path.parent.mkdir(parents=True, exist_ok=True)
    header = [_heading(dropped, name) for name in dropped.fields]
    top = [[dropped.title]] if dropped.title else []
    rows = [*top, header, *dropped.rows]
    if dropped.is_workbook:
        _write_workbook(path, rows)
    else:
        path.write_bytes(("\r\n".join(map(",".join, rows)) + "\r\n").encode(dropped.encoding))


def _heading(dropped: DroppedList, name: str) -> str:
    accepted = next(known.accepted for known in fields_of(dropped.kind) if known.name == name)
    if name == "cert_no" and dropped.identity_heading:
        return "身份证号"
    if dropped.headings == "chinese":
        return accepted[_CHINESE]
    if dropped.headings == "national" and len(accepted) > _NATIONAL and accepted[_NATIONAL].isascii():
        return accepted[_NATIONAL]
    return name


def _write_workbook(path: Path, rows: Sequence[Sequence[str]]) -> None:
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": _CREATED})
    sheet = book.add_worksheet("名单")
    for at, row in enumerate(rows):
        sheet.write_row(at, 0, row)
    book.close()
