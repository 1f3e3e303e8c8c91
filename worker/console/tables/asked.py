"""What an address asks of a table: filters, order, place, form. What cannot be is told of, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

from policies.money import parse_yuan
from worker.console.tables.declared import Filter, Table
from worker.console.words import Words

FORMS = ("csv", "xlsx")


@dataclass
class Asked:
    """``given`` filters as they were written, their ``values`` by parameter, and a sentence for each that cannot be.

    ``place``: value and key of the row after which the page begins, or before which it ends where it goes ``back``.
    """

    given: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    sort: str = ""
    descending: bool = False
    place: tuple[str, str] | None = None
    back: bool = False
    form: str | None = None

    @property
    def order(self) -> str:
        """The order as the address writes it."""
        return f"-{self.sort}" if self.descending else self.sort


def read(table: Table, query: Mapping[str, str], words: Words) -> Asked:
    """Read an address; ``problems`` are by filter."""
    asked = Asked()
    for one in table.filters:
        written = query.get(one.key, one.default).strip()
        asked.values[one.key] = None
        if written or one.default:
            asked.given[one.key] = written
        if written:
            try:
                asked.values[one.key] = _value(one, written)
            except ValueError:
                wanted = words("one_of_the_list") if one.choices else words(f"wanted_{one.kind}")
                asked.problems[one.key] = words(
                    "bad_filter", name=one.label(words.language), given=written[:40], wanted=wanted
                )
    order = query.get("sort") or table.first
    if table.column(order.removeprefix("-")) is None:
        asked.problems["sort"] = words("bad_order", given=order[:40])
        order = table.first
    asked.sort, asked.descending = order.removeprefix("-"), order.startswith("-")
    asked.back = "before" in query
    if place := query.get("after") or query.get("before"):
        asked.place = _place(place)
        if asked.place is None:
            asked.problems["after"] = words("bad_place")
    asked.form = query.get("format") or None
    if asked.form not in (None, *FORMS):
        asked.problems["format"] = words("bad_form")
    return asked


def _value(one: Filter, written: str) -> Any:
    if one.choices:
        if written not in one.choices:
            raise ValueError(written)
        return written
    if one.kind == "date":
        return date.fromisoformat(written)
    if one.kind == "yuan":
        return parse_yuan(written)
    if one.kind == "count":
        if not (written.isascii() and written.isdecimal() and int(written[:19]) < 2**31):
            raise ValueError(written)
        return int(written)
    return written[:200]


def _place(written: str) -> tuple[str, str] | None:
    try:
        value, key = orjson.loads(written)
    except ValueError:
        return None
    return (value, key) if isinstance(value, str) and isinstance(key, str) else None
