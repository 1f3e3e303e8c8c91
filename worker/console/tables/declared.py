"""What a table is: a statement, its columns, its filters; a page declares one and has everything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from worker.console.words import Words

Row = Mapping[str, Any]
GIVEN = "SELECT r.* FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r({})"
"""Rows that are not in the database, as SQL: ``:rows`` is a JSON list, the braces take names and types."""
Type = Literal["text", "said", "word", "place", "date", "time", "span", "fen", "count", "rate", "facts"]
"""How a value is written. ``said``: a sentence or a code of the service;
``word``: a value of ``words``; ``place``: a code of an area or town; ``span``: seconds;
``fen``: in yuan with two decimals; ``rate``: as it stands; ``facts``: names and values of a JSON object."""


@dataclass(frozen=True)
class Column:
    """A column: ``key`` is one of the statement, ``zh`` and ``en`` its heading.

    ``words``: the kind of value in ``words.yaml`` that a ``word`` is of, or ``law`` for the policies' vocabulary.
    ``sort``: SQL over ``t``, the statement's rows, that is never null and is cheap to order by; None: not sortable.
    ``masked``: the value is encrypted, and shown masked as a ``name`` or a ``number``, here and in exports.
    ``said``: writes the value where no type fits.
    ``link``: where what it is made of is seen, with names of the row in braces (``/jobs/{id}``), or a function that
    says so; ``needs``: the act that one must be allowed for it to be a link, or what tells it of a row.
    """

    key: str
    zh: str
    en: str
    type: Type = "text"
    words: str | None = None
    sort: str | None = None
    masked: Literal["name", "number"] | None = None
    said: Callable[[Any, Words], str] | None = None
    link: str | Callable[[Row], str | None] | None = None
    needs: str | Callable[[Row], str] | None = None

    @property
    def number(self) -> bool:
        """Whether it is aligned by its last digit."""
        return self.type in ("fen", "count", "rate")

    def heading(self, language: str) -> str:
        """In one language; amounts say their unit."""
        unit = {"zh": "（元）", "en": " (yuan)"}[language] if self.type == "fen" else ""
        return (self.zh if language == "zh" else self.en) + unit


@dataclass(frozen=True)
class Filter:
    """A filter: a field of the form and of the address.

    ``sql``: a condition on ``t``, the statement's rows, with the value as ``:key``, used only where one is given, or a
    condition for each choice; None: the statement itself has ``:key``, null where none is given. ``kind``: text, a
    date, a count, or an amount in yuan that becomes fen; ``choices`` are the only values there are, in words of the
    kind ``words``. ``default``: what counts where the address does not have it at all; empty there means everything.
    ``offered``: whether the form has a field for it; one without is set by links and shown only where it is set.
    """

    key: str
    zh: str
    en: str
    kind: Literal["text", "date", "count", "yuan"] = "text"
    sql: str | Mapping[str, str] | None = None
    choices: Sequence[str] = ()
    words: str | None = None
    default: str = ""
    offered: bool = True

    def label(self, language: str) -> str:
        """In one language."""
        return self.zh if language == "zh" else self.en

    def condition(self, value: Any) -> str | None:
        """What has to hold of a row where this value is given; None where the statement sees to it."""
        return self.sql[value] if isinstance(self.sql, Mapping) else self.sql


@dataclass(frozen=True)
class Table:
    """A table: ``sql`` is one set-based statement, with parameters of its own and those of filters without SQL.

    ``name`` is that of exported files and in the audit log. ``key``: a column that no two rows share; ``first``: the
    column that it is sorted by unless asked otherwise, with a minus for the greatest first. ``empty``: in Chinese and
    English, what it means that there is no row at all. ``size``: rows of a page. ``note``: what one
    has to know to read it, in both languages.
    """

    name: str
    zh: str
    en: str
    sql: str
    columns: Sequence[Column]
    filters: Sequence[Filter]
    key: str
    first: str
    empty: tuple[str, str]
    size: int = 50
    note: tuple[str, str] | None = None

    def title(self, language: str) -> str:
        """In one language."""
        return self.zh if language == "zh" else self.en

    def column(self, key: str) -> Column | None:
        """The column of this key that one may sort by."""
        return next((one for one in self.columns if one.key == key and one.sort), None)
