"""What every rule of a notice carries besides its effect: its name, its source in the text, its summary."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from policies.clause import Clause
from policies.official.figures import figure_of
from policies.vocabulary import CATEGORIES, CIRCUMSTANCES, INSURANCES, SOURCES

_AREA = re.compile(r"[1-9][0-9]{5}")

STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)
"""Frozen, unknown keys refused, no silent conversion of types."""


def _tuple(value: Any) -> Any:
    """YAML lists become tuples; a single word stands for a list of one."""
    if isinstance(value, list):
        return tuple(value)
    return (value,) if isinstance(value, str) else value


def _from_list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _area_code(value: str) -> str:
    if not _AREA.fullmatch(value):
        raise ValueError("write a six-digit area code in quotes, such as 610922")
    return value


def _word_of(kind: str, words: tuple[str, ...]) -> AfterValidator:
    def check(word: str) -> str:
        if word not in words:
            raise ValueError(f"{word!r} is not a known {kind}; known are {', '.join(words)}")
        return word

    return AfterValidator(check)


def _listed_in_schema(words: tuple[str, ...]) -> WithJsonSchema:
    """The words as editors offer them."""
    return WithJsonSchema({"type": "string", "enum": list(words)})


RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
AreaCode = Annotated[str, AfterValidator(_area_code)]
"""A six-digit GB/T 2260 code."""
Category = Annotated[str, _word_of("identity category", CATEGORIES), _listed_in_schema(CATEGORIES)]
Source = Annotated[str, _word_of("funding source", SOURCES), _listed_in_schema(SOURCES)]
Insurance = Annotated[str, _word_of("insurance", INSURANCES), _listed_in_schema(INSURANCES)]
Circumstance = Annotated[str, _word_of("circumstance", CIRCUMSTANCES), _listed_in_schema(CIRCUMSTANCES)]
Listed = BeforeValidator(_tuple)
"""A list in a rule file, where a single word may stand for a list of one."""
JsonList = BeforeValidator(_from_list)
"""A list in a question, and nothing else."""


def _written_figure(value: str) -> str:
    figure_of(value)
    return value


WrittenFigure = Annotated[str, AfterValidator(_written_figure)]
"""One number with its unit, or one date, as it stands in a text: ``280元``, ``90天``, ``2020年12月31日``."""
Categories = Annotated[tuple[Category, ...], Listed, Field(min_length=1)]
Clauses = Annotated[tuple[Clause, ...], Listed, Field(min_length=1)]


class Bilingual(BaseModel):
    """A sentence in Chinese and in English."""

    model_config = STRICT

    zh: Annotated[str, StringConstraints(min_length=1)]
    en: Annotated[str, StringConstraints(min_length=1)]


class DateRange(BaseModel):
    """Days from ``first`` to ``last``, both included; an end left out is open."""

    model_config = STRICT

    first: date | None = None
    last: date | None = None

    @model_validator(mode="after")
    def _some_range(self) -> DateRange:
        if self.first is None and self.last is None:
            raise ValueError("a range of days needs a first day, a last day or both")
        if self.first and self.last and self.first > self.last:
            raise ValueError(f"the range starts on {self.first}, after it ends on {self.last}")
        return self


class Alternative(Bilingual):
    """What else the gap could mean; ``set`` writes it as changes of fields, where fields can say it.

    Each is ``RULE.field: value`` as ``levy policy whatif`` takes it, so that what hangs on the reading can be computed.
    """

    set: dict[str, str | int | bool | date | tuple[str, ...] | None] = {}

    @field_validator("set", mode="before")
    @classmethod
    def _lists(cls, given: Any) -> Any:
        return {name: _from_list(value) for name, value in given.items()} if isinstance(given, dict) else given


class Reading(BaseModel):
    """A reading of a gap in the notice: settled, or still to be confirmed by the office.

    ``R`` readings are the project's common list; ``S`` readings are this notice's own and await an office's word.
    One that is to be confirmed says, for the letter to the office, what the ``gap`` is and what else could be meant.
    """

    model_config = STRICT

    id: Annotated[str, StringConstraints(pattern=r"^[RS][1-9][0-9]*$")]
    text: Bilingual
    status: Annotated[str, StringConstraints(pattern=r"^(settled|to_be_confirmed)$")]
    gap: Bilingual | None = None
    alternative: Alternative | None = None


class Rule(BaseModel):
    """The law beside a rule: the clauses it rests on, our own summary, its readings, the numbers it took by clause."""

    model_config = STRICT

    id: RuleId
    clauses: Clauses
    summary: Bilingual
    readings: Annotated[tuple[str, ...], Listed] = ()
    took: dict[Clause, Annotated[tuple[WrittenFigure, ...], Listed]] = {}
    """Numbers with their unit and dates as they stand in each cited clause, such as ``2020年12月31日`` or ``280元``."""
    figures_of: Annotated[tuple[RuleId, ...], Listed] = ()
    """Other rules whose figures this one shares without citing their clause, such as the one that sets the window."""

    @model_validator(mode="after")
    def _took_from_cited(self) -> Rule:
        stray = [clause for clause in self.took if clause not in self.clauses]
        if stray:
            raise ValueError(f"rule {self.id} takes numbers from {', '.join(stray)}, which it does not cite in clauses")
        return self
