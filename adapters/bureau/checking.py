"""Checking the rows of a table: good rows come out as columns of values, bad rows as they were, with what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import compress
from typing import Any

from adapters.bureau.columns import REFERENCE, Layout, fields_of
from adapters.bureau.crosschecks import CROSS_CHECKS
from adapters.bureau.documents import CITIZEN_FORM, parse_numbers
from adapters.bureau.duplicates import Duplicates
from adapters.bureau.identity_number import PROVINCES
from adapters.bureau.parsers import column_reader
from adapters.bureau.places import Places
from adapters.bureau.problems import BadRow, Problem
from adapters.bureau.source import Chunk
from config.areas import Area

_FOOTERS = ("合计", "总计", "共计", "小计", "审核", "制表", "填表", "经办", "单位", "备注", "说明", "注：", "注:")
_READ_HERE = frozenset({"cert_no", "town", "category"})


@dataclass
class Checked:
    """A chunk after checking: ``columns`` hold the good rows, one list a field of the kind and one of ``quarantine_id``
    (None = not given), beside their ``lines``; ``bad`` holds the others by line.
    """

    lines: list[int]
    columns: dict[str, list[Any]]
    bad: list[BadRow]


class RowChecker:
    """Checks the chunks of one file in order; remembers what it has seen, for repeats within the file."""

    def __init__(self, layout: Layout, day: date, areas: Mapping[str, Area]) -> None:
        """``day`` is the business date of the list, ``areas`` those that the installation levies in."""
        self._layout = layout
        self._day = day
        self._places = Places(areas, day)
        self._duplicates = Duplicates(layout.kind)
        self._fields = fields_of(layout.kind)
        self._readers = {
            field.name: column_reader(field.name, field.required)
            for field in self._fields
            if field.name not in _READ_HERE
        }
        self._readers[REFERENCE] = column_reader(REFERENCE, required=False)
        self._unknown_prefixes = 0
        self._footers: list[int] = []

    def notes(self) -> tuple[str, ...]:
        """What is worth knowing about the rows so far, a sentence each."""
        notes = []
        if self._unknown_prefixes:
            numbers = f"{self._unknown_prefixes} identity numbers begin"
            notes.append(f"{numbers} with no province that is known; they were taken.")
        if self._footers:
            lines = ", ".join(map(str, self._footers[:5]))
            notes.append(f"Totals and signatures were left out, on line {lines}.")
        return tuple(notes)

    def check(self, chunk: Chunk) -> Checked:
        """The chunk's good rows as columns, and its bad rows with their problems."""
        rows, misshapen = self._in_shape(chunk)
        cells = dict(zip(self._layout.fields, zip(*rows, strict=True), strict=True)) if rows else {}
        values = self._read(cells, len(rows))
        problems = {at: [problem] for at, problem in misshapen.items()}
        self._collect(values, problems)
        self._duplicates.note(chunk, values, problems)
        self._count_prefixes(values)
        if not problems:
            return Checked(chunk.lines, values, [])
        footers = {at for at in problems if _is_footer(chunk.rows[at])}
        self._footers += [chunk.lines[at] for at in sorted(footers)]
        keep = [at not in problems for at in range(len(rows))]
        return Checked(
            list(compress(chunk.lines, keep)),
            {name: list(compress(column, keep)) for name, column in values.items()},
            [
                BadRow(chunk.lines[at], self._layout.cells(chunk.rows[at]), tuple(problems[at]))
                for at in sorted(problems.keys() - footers)
            ],
        )

    def _in_shape(self, chunk: Chunk) -> tuple[list[list[str]], dict[int, Problem]]:
        """The rows, each as wide as the header, and what is wrong with the shape of those that were not.

        In the place of each that is too short or too long stands one blank row: it is not read, whatever it says.
        """
        width, rows = self._layout.width, chunk.rows
        misshapen = {at: Problem("", "quoting") for at in chunk.unquoted}
        widths = set(map(len, rows))
        if widths == {width}:
            return rows, misshapen
        surplus_is_blank = len(widths) == 1 and min(widths) > width and not any(any(row[width:]) for row in rows)
        if surplus_is_blank:
            return [row[:width] for row in rows], misshapen
        for at, row in enumerate(rows):
            if len(row) != width:
                misshapen.setdefault(at, Problem("", "cell_count", f"{len(row)} / {width}"))
        blank = [""] * width
        return [row if len(row) == width else blank for row in rows], misshapen

    def _read(self, cells: Mapping[str | None, Sequence[str]], count: int) -> dict[str, list[Any]]:
        values: dict[str, list[Any]] = {}
        for field in (*(field.name for field in self._fields), REFERENCE):
            if field in cells and field in self._readers:
                values[field] = self._readers[field](cells[field])
            elif field == "cert_type" and self._layout.identity_numbers_only:
                values[field] = ["01"] * count
            else:
                values[field] = [None] * count
        values["cert_no"] = parse_numbers(values["cert_type"], cells.get("cert_no", ()))
        if "town" in values:
            values["area"] = self._places.levied(values["area"])
            values["town"] = self._places.towns(values["area"], cells.get("town", ()))
        if "category" in values:
            values["category"] = self._places.categories(values["area"], cells.get("category", ()))
        return values

    def _collect(self, values: Mapping[str, Sequence[Any]], problems: dict[int, list[Problem]]) -> None:
        """Add the problems that stand in the columns, and those between fields, for rows in shape."""
        misshapen = set(problems)
        found: list[tuple[int, Problem]] = []
        for column in values.values():
            if Problem in set(map(type, column)):
                found += [(at, value) for at, value in enumerate(column) if value.__class__ is Problem]
        for check in CROSS_CHECKS[self._layout.kind]:
            found += check(values, self._day)
        for at, problem in found:
            if at not in misshapen:
                problems.setdefault(at, []).append(problem)

    def _count_prefixes(self, values: Mapping[str, Sequence[Any]]) -> None:
        self._unknown_prefixes += sum(
            number[:2] not in PROVINCES and cert_type in CITIZEN_FORM
            for cert_type, number in zip(values["cert_type"], values["cert_no"], strict=True)
            if number.__class__ is str
        )


def _is_footer(row: Sequence[str]) -> bool:
    """Whether a row is what people write below a list: a total, who signed, a remark; at most three cells."""
    filled = [cell for cell in map(str.strip, row) if cell]
    return 0 < len(filled) <= 3 and filled[0].startswith(_FOOTERS)
