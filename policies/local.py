"""Local parameters: what a city or county sets where the notice leaves a figure to it, checked against its bounds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from policies.kinds import Amount, Percent
from policies.local_bounds import AssistanceBound
from policies.notice import Notice
from policies.rule import STRICT, AreaCode, Category, Listed, Source
from policies.rulefile import PolicyError, RuleFileError, line_of, read_model


class LocalAssistance(BaseModel):
    """An amount and, where it differs from the notice's own, its funder."""

    model_config = STRICT

    amount: Amount | Percent
    source: Source | None = None


class LocalParameters(BaseModel):
    """A local file. Amounts are fen, or a share of the individual standard such as ``60%``.

    One file may serve several notices' parameters: what a notice does not ask for has no effect on it.
    """

    model_config = STRICT

    notice: str
    areas: Annotated[tuple[AreaCode, ...], Listed, Field(min_length=1)]
    flow: Literal["net_levy", "gross_levy"] | None = None
    assistance: dict[Category, Amount | Percent | LocalAssistance] = {}
    collection_extended_to: date | None = None
    full_funding_standard: Amount | None = None
    long_term_care_pilot: bool | None = None
    late_payers: Literal["standard", "full_funding"] | None = None

    def amount_for(self, category: str) -> int | str | None:
        """Fen or a percentage for a category, ``None`` while unset."""
        given = self.assistance.get(category)
        return given.amount if isinstance(given, LocalAssistance) else given

    def source_for(self, category: str) -> str | None:
        """The funder named for a category, ``None`` for the notice's own."""
        given = self.assistance.get(category)
        return given.source if isinstance(given, LocalAssistance) else None


class ForeignParameters(PolicyError):
    """Local parameters are used for an area they do not speak for."""

    def __init__(self, local: LocalParameters, area: str) -> None:
        self.area = area
        super().__init__(f"these local parameters speak for {', '.join(local.areas)}, not for {area}")


def load_local(path: Path | str, notice: Notice) -> LocalParameters:
    """The local parameters of a file. Raises ``RuleFileError`` for what is malformed or outside the notice's bounds."""
    local = read_model(Path(path), LocalParameters)
    for field, problem in bound_problems(local, notice):
        raise RuleFileError(Path(path), line_of(Path(path), field), field, problem)
    return local


def bound_problems(local: LocalParameters, notice: Notice) -> Iterator[tuple[str, str]]:
    """Every field that the notice does not leave open, or that lies outside its bounds, with a sentence."""
    if local.notice != notice.notice:
        yield "notice", f"these parameters complete {local.notice}, not {notice.notice}"
    for area in local.areas:
        if not notice.covers(area):
            yield "areas", f"area {area} is not governed by {notice.notice}"
    yield from _unasked(local, notice)
    yield from _scalar_problems(local, notice)
    for category in local.assistance:
        bound = notice.local_parameters.assistance.get(category)
        if bound is not None:
            yield from _assistance_problems(local, category, bound, notice)


def _unasked(local: LocalParameters, notice: Notice) -> Iterator[tuple[str, str]]:
    bounds = notice.local_parameters
    for category in local.assistance:
        if category not in bounds.assistance:
            yield f"assistance.{category}", f"{notice.notice} leaves no assistance for {category} to the locality"


def _scalar_problems(local: LocalParameters, notice: Notice) -> Iterator[tuple[str, str]]:
    bounds = notice.local_parameters
    choices: list[tuple[str, Any, Any]] = [
        ("flow", local.flow, bounds.flow),
        ("late_payers", local.late_payers, bounds.late_payers),
    ]
    for name, value, choice in choices:
        if value is not None and choice is not None and value not in choice.choices:
            yield name, f"{value} is not among {', '.join(choice.choices)}"
    day, span = local.collection_extended_to, bounds.collection_extended_to
    if day is not None and span is not None and not span.first <= day <= span.last:
        yield "collection_extended_to", f"{day} lies outside {span.first} to {span.last}"
    standard = notice.highest_standard()
    full = local.full_funding_standard
    if full is not None and full <= standard:
        yield "full_funding_standard", f"{full} fen does not exceed the individual standard of {standard} fen"


def _assistance_problems(
    local: LocalParameters, category: str, bound: AssistanceBound, notice: Notice
) -> Iterator[tuple[str, str]]:
    field, standard = f"assistance.{category}", notice.highest_standard()
    given = local.amount_for(category)
    amount = share_of(given, standard) if isinstance(given, str) else given or 0
    if amount * 100 < bound.percent_at_least * standard:
        yield field, f"{given} is less than {bound.percent_at_least} % of the standard of {standard} fen"
    if amount > standard:
        yield field, f"{given} is more than the standard of {standard} fen"
    source = local.source_for(category)
    if source is not None and source not in (bound.source, *bound.sources):
        yield field, f"source {source} is not among {', '.join((bound.source, *bound.sources))}"


def share_of(percent: str, standard: int) -> int:
    """A percentage of an amount in fen, rounded down to whole fen."""
    return standard * int(percent.removesuffix("%")) // 100
