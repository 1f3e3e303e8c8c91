"""What a notice leaves to its cities and counties, and within which bounds."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from policies.rule import STRICT, Category, Clauses, Listed, Source


class AssistanceBound(BaseModel):
    """A category whose assistance the locality sets: at least so many percent of the standard, by default so funded.

    ``sources`` are the funders a local file may name instead of the default ``source``.
    """

    model_config = STRICT

    clauses: Clauses
    source: Source
    sources: Annotated[tuple[Source, ...], Listed] = ()
    percent_at_least: Annotated[int, Field(ge=0, le=100)] = 0


class ChoiceBound(BaseModel):
    """A parameter with a closed set of values."""

    model_config = STRICT

    clauses: Clauses
    choices: Annotated[tuple[str, ...], Listed, Field(min_length=1)]
    default: str | None = None


class FlagBound(BaseModel):
    """A parameter that is true or false and has no default."""

    model_config = STRICT

    clauses: Clauses


class DayBound(BaseModel):
    """A day the locality may set within bounds, both included."""

    model_config = STRICT

    clauses: Clauses
    first: date
    last: date


class AmountBound(BaseModel):
    """An amount in fen that the locality gives; it must exceed the individual standard."""

    model_config = STRICT

    clauses: Clauses
    above: Literal["standard"] = "standard"


class LocalBounds(BaseModel):
    """The parameters a local file may set; any other is refused."""

    model_config = STRICT

    assistance: dict[Category, AssistanceBound] = {}
    flow: ChoiceBound | None = None
    late_payers: ChoiceBound | None = None
    collection_extended_to: DayBound | None = None
    full_funding_standard: AmountBound | None = None
    long_term_care_pilot: FlagBound | None = None
