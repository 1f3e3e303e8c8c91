"""How a cell is written and what it links to: the same on the page and in every export."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from worker.console.tables.declared import Column, Row
from worker.console.words import Words, at, day, grouped, plain_text
from worker.operators.accounts import Operator

_NAME = re.compile(r"\{(\w+)\}")


def write(column: Column, value: Any, words: Words) -> str:
    """A value as a text; empty for null. Numbers of people in foreign text are masked."""
    if value is None:
        return ""
    if column.said is not None:
        return plain_text(column.said(value, words))
    match column.type:
        case "fen":
            return grouped(int(value))
        case "count":
            return f"{int(value):,}"
        case "date":
            return day(value)
        case "time":
            return at(value)
        case "span":
            return words.span(float(value))
        case "word":
            assert column.words is not None, f"{column.key}: a word of which kind?"
            return named(column.words, value, words)
        case "place":
            return named("place", value, words)
        case "said":
            return words.said(value)
        case "facts":
            return words.facts(value)
        case _:
            return plain_text(value)


def named(kind: str, value: object, words: Words) -> str:
    """A value in words: ``law`` is the policies' vocabulary, ``place`` a code of an area or town."""
    if kind == "law":
        return words.law(str(value))
    if kind == "place":
        return words.place(value)
    if kind == "payer":
        return words.known("payer", str(value)) or words.law(str(value))
    return words.value(kind, value)


def address(column: Column, row: Row, who: Operator) -> str | None:
    """What the cell links to, None where to nothing, where it is empty or counts nothing, or this person may not go."""
    nothing = row[column.key] is None or (column.number and not row[column.key])
    needs = column.needs(row) if callable(column.needs) else column.needs
    if column.link is None or nothing or (needs is not None and not who.may(needs)):
        return None
    if callable(column.link):
        return column.link(row)
    return _NAME.sub(lambda found: quote("" if row[found[1]] is None else str(row[found[1]]), safe=""), column.link)
