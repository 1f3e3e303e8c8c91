"""Which kind of file it is and what stands in which column, found out from its header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from adapters.bureau.problems import FileRefused
from config.yaml_text import read_yaml

REFERENCE = "quarantine_id"
"""The column of a correction sheet that says which quarantined row a line corrects."""

REFERENCE_HEADING = "隔离编号"
CORRECTION_REMARKS = ("原文件", "原行号", "问题说明", "其他内容")
"""Columns that a correction sheet carries for the clerk; they are not read again."""

_STORED_CELL = 1000
_DIGITS = re.compile(r"[0-9]{5,}")  # no heading, but perhaps somebody's number
_NOISE = re.compile(r"[\s*＊\ufeff]+")


@dataclass(frozen=True)
class Field:
    """A field of one kind of file: our name, the Chinese heading, whether it is required, all accepted headings."""

    name: str
    heading: str
    required: bool
    accepted: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """What stands where in one file: ``fields[i]`` is the field in column i, None for a column that is not read."""

    kind: str
    fields: tuple[str | None, ...]
    identity_numbers_only: bool
    notes: tuple[str, ...]

    @property
    def width(self) -> int:
        """Number of columns in the header."""
        return len(self.fields)

    def cells(self, row: Sequence[str]) -> dict[str, str]:
        """A row's cells that are not blank, by field (``column_7`` where none is known), in a form that can be kept."""
        fields = [field or f"column_{at}" for at, field in enumerate(self.fields, 1)]
        fields += [f"column_{at}" for at in range(len(fields) + 1, len(row) + 1)]
        cells = {field: _storable(cell) for field, cell in zip(fields, row, strict=False) if cell}
        return {"cert_type": "01"} | cells if self.identity_numbers_only else cells


@cache
def fields_of(kind: str) -> tuple[Field, ...]:
    """The fields of a kind of file (``enrolments``, ``flags``...), in the order we write them."""
    return tuple(
        Field(name, entry["heading"], entry.get("required", False), (name, entry["heading"], *entry["also"]))
        for name, entry in _columns()[kind].items()
    )


def heading(kind: str | None, field: str) -> str:
    """The Chinese heading of a field; the field's own name where the kind has none of that name."""
    return next((known.heading for known in fields_of(kind) if known.name == field), field) if kind else field


def recognise(header: Sequence[str]) -> Layout | None:
    """The layout that a header row describes, or None where it is not a header of ours.

    Raises ``FileRefused`` where the header is clearly meant for us but cannot be used: a required column is missing, or
    two columns carry one field.
    """
    names = [_plain(cell) for cell in header]
    layouts = [_layout(kind, names) for kind in _columns()]
    best = min(layouts, key=lambda layout: len(_missing(layout)))
    missing = _missing(best)
    if missing:
        found = len(set(best.fields) - {None})
        if found < max(3, len(missing)):
            return None
        wanted = "; ".join(f"{field.heading} (or {', '.join((field.name, *field.accepted[2:]))})" for field in missing)
        raise FileRefused(
            f"This looks like a file of {best.kind}, but a column is missing: {wanted}. Add it to the header."
        )
    for field in set(best.fields) - {None}:
        if best.fields.count(field) > 1:
            raise FileRefused(f"Two columns of the header both stand for {field}: remove one of them.")
    return best


def expected_headers() -> str:
    """The required headings of each kind in one line, for a refusal."""
    return "; ".join(
        f"{kind}: {', '.join(field.heading for field in fields_of(kind) if field.required)}" for kind in _columns()
    )


@cache
def _columns() -> dict[str, dict[str, dict[str, Any]]]:
    source = Path(__file__).with_name("columns.yaml")
    loaded: dict[str, dict[str, dict[str, Any]]] = read_yaml(source)
    return loaded


@cache
def _accepted(kind: str) -> dict[str, str]:
    accepted = {_plain(name): field.name for field in fields_of(kind) for name in field.accepted}
    return accepted | {REFERENCE: REFERENCE, REFERENCE_HEADING: REFERENCE}


@cache
def _identity_headings(kind: str) -> frozenset[str]:
    return frozenset(_plain(name) for name in _columns()[kind]["cert_no"]["identity_number"])


def _plain(cell: str) -> str:
    return _NOISE.sub("", cell).lower().replace("(", "（").replace(")", "）")


def _layout(kind: str, names: Sequence[str]) -> Layout:
    accepted, identity = _accepted(kind), _identity_headings(kind)
    identity_only = any(name in identity for name in names)
    fields = tuple("cert_no" if name in identity else accepted.get(name) for name in names)
    unread = [
        name
        for name, field in zip(names, fields, strict=True)
        if name and field is None and name not in CORRECTION_REMARKS
    ]
    notes = (f"Columns that are not read: {', '.join(map(_told, unread[:8]))}.",) if unread else ()
    return Layout(kind, fields, identity_only, notes)


def _told(name: str) -> str:
    """A heading that is none of ours, as it may stand in a note: no long number, nothing that is not printed."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in _DIGITS.sub("…", name)[:20])


def _missing(layout: Layout) -> list[Field]:
    present = set(layout.fields) | ({"cert_type"} if layout.identity_numbers_only else set())
    return [field for field in fields_of(layout.kind) if field.required and field.name not in present]


def _storable(cell: str) -> str:
    """A cell as it can be kept: without null characters and lone surrogates, and not without end."""
    kept = cell[:_STORED_CELL].encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\x00", "\ufffd")
    return kept if len(cell) <= _STORED_CELL else kept + "…"
