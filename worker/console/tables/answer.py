"""A page with a table on it, or the table as a file: what a page calls, and what its template is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import DataError
from starlette.responses import Response, StreamingResponse

from worker.audit.log import Event, Origin
from worker.console.tables import export
from worker.console.tables.asked import FORMS, Asked, read
from worker.console.tables.cells import address, named, write
from worker.console.tables.declared import Column, Row, Table
from worker.console.tables.rows import Piece, all_rows, page
from worker.console.visit import Visit
from worker.privacy import mask_numbers

EXPORTED = "table.exported"
Values = Mapping[str, Any] | Callable[[Connection], Mapping[str, Any]]


def show(
    visit: Visit,
    table: Table,
    template: str,
    values: Values | None = None,
    status: int = 200,
    home: str | None = None,
    **more: Any,
) -> Response:
    """The page, whose template finds the table as ``sheet``; or, where the address says ``format``, the file.

    ``values``: parameters of the statement beside those of filters, or what reads them. A filter that cannot be is
    answered with 422 and a sentence; then there are no rows, and no file. ``home``: the page of the table, where an
    act answers with it.
    """
    asked = read(table, visit.request.query_params, visit.words)
    if asked.form and not asked.problems:
        return _file(visit, table, asked, values)
    piece = Piece([])
    if not asked.problems:
        try:
            with visit.house.engine.connect() as connection:
                piece = page(connection, visit.house.vault, table, asked, _read(values, connection))
        except DataError:  # a place that was not given out by us
            asked.problems["after"] = visit.words("bad_place")
    sheet = Sheet(visit, table, asked, piece, home or visit.request.url.path)
    return visit.show(template, 422 if asked.problems else status, sheet=sheet, **more)


def beside(visit: Visit, table: Table, home: str, values: Values | None = None) -> Sheet:
    """A table on a page whose address is another's: its first rows in its first order; all else is at ``home``."""
    asked = read(table, {}, visit.words)
    with visit.house.engine.connect() as connection:
        piece = page(connection, visit.house.vault, table, asked, _read(values, connection))
    return Sheet(visit, table, asked, piece, home)


@dataclass(frozen=True)
class Sheet:
    """A table as a template sees it."""

    visit: Visit
    table: Table
    asked: Asked
    piece: Piece
    bare: str
    """The address of the table without any state: where the form of the filters goes."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of the page."""
        return self.piece.rows

    @property
    def nothing(self) -> str:
        """What it means that there is no row: none at all, or too narrow filters."""
        words = self.visit.words
        return words("too_narrow") if self.without else self.table.empty[words.language != "zh"]

    @property
    def without(self) -> list[tuple[str, str, str]]:
        """Each filter that is set: its name, its value in words, and the address without it."""
        return [
            (
                one.label(self.visit.language),
                self._said(one.words, self.asked.given[one.key]),
                self._to(**{one.key: "" if one.default else None}),
            )
            for one in self.table.filters
            if self.asked.given.get(one.key)
        ]

    def text(self, column: Column, row: Row) -> str:
        """A cell."""
        return write(column, row[column.key], self.visit.words)

    def link(self, column: Column, row: Row) -> str | None:
        """What it links to."""
        return address(column, row, self.visit.operator)

    def choice(self, words: str | None, value: str) -> str:
        """A choice of a filter in words."""
        return self._said(words, value)

    def ordered(self, column: Column) -> str:
        """``ascending``, ``descending`` or ``none``, as accessibility names it."""
        if column.key != self.asked.sort:
            return "none"
        return "descending" if self.asked.descending else "ascending"

    def by(self, column: Column) -> str:
        """The address ordered by this column; the other way round where it is already."""
        same = column.key == self.asked.sort
        return self._to(sort=f"-{column.key}" if same and not self.asked.descending else column.key)

    @property
    def bare_of_all(self) -> str:
        """The address without any filter, also those that count unless one says otherwise."""
        return self._to(**{one.key: "" if one.default else None for one in self.table.filters})

    @property
    def files(self) -> list[tuple[str, str]]:
        """Forms of export and their addresses."""
        return [(form.upper(), self._to(format=form)) for form in FORMS]

    @property
    def newer(self) -> str | None:
        """The page before."""
        return self._to(before=_written(self.piece, 0)) if self.piece.earlier and self.rows else None

    @property
    def older(self) -> str | None:
        """The page after."""
        return self._to(after=_written(self.piece, -1)) if self.piece.later and self.rows else None

    def _said(self, words: str | None, value: str) -> str:
        if words is None or self.asked.problems:
            return mask_numbers(value)
        return named(words, value, self.visit.words)

    def _to(self, **change: str | None) -> str:
        query: dict[str, str | None] = {**self.asked.given, "sort": self.asked.order, **change}
        if query["sort"] == self.table.first:
            del query["sort"]
        written = urlencode({name: value for name, value in query.items() if value is not None})
        return f"{self.bare}?{written}" if written else self.bare


def _written(piece: Piece, at: int) -> str:
    return orjson.dumps(piece.place(at)).decode()


def _read(values: Values | None, connection: Connection) -> Mapping[str, Any]:
    return values(connection) if callable(values) else values or {}


def _file(visit: Visit, table: Table, asked: Asked, values: Values | None) -> Response:
    """The file, after the event that says who took it; its rows are read while it goes out."""
    assert asked.form is not None
    house = visit.house
    with house.engine.begin() as connection:
        given = {name: mask_numbers(value) for name, value in asked.given.items()}
        facts = {"table": table.name, "form": asked.form, "filters": given, "sort": asked.order}
        origin = Origin(f"operator:{visit.operator.login}", house.settings.area, house.clock.today())
        house.audit.record(connection, origin, [Event(EXPORTED, None, facts)], house.clock.now())
    write_as = export.as_csv if asked.form == "csv" else export.as_xlsx

    def content() -> Iterator[bytes]:
        with house.engine.connect() as connection:
            yield from write_as(
                table, all_rows(connection, house.vault, table, asked, _read(values, connection)), visit.words
            )

    name = f"{table.name}-{house.clock.today():%Y%m%d}.{asked.form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(content(), media_type=export.TYPES[asked.form], headers=headers)
