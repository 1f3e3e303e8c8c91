"""A notice: one insured year's rules for some areas, frozen and checked as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints, model_validator

from policies.areas import covers
from policies.atoms import Atom, Paid
from policies.condition import When
from policies.consistency import CHECKS, Inconsistent
from policies.duplicate import DuplicateRule
from policies.kinds import Assistance, AssistanceRule, Cover, FullFunding, PlaceRule, Rate, Route
from policies.local_bounds import LocalBounds
from policies.money import Fen
from policies.official.record import Fingerprint, NotEncoded, Place
from policies.refund import RefundRule
from policies.revocation import RevocationRule
from policies.rule import STRICT, Bilingual, Insurance, Listed, Reading, Rule

NoticeId = Annotated[str, StringConstraints(pattern=r"^[a-z]+-[0-9]{4}$")]
AreaPrefix = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]([0-9]{2}){0,2}$")]


class Notice(BaseModel):
    """A notice as data. Areas are six-digit codes or the leading digits of a city or a province."""

    model_config = STRICT

    notice: NoticeId
    title: Bilingual
    document_number: Annotated[str, StringConstraints(min_length=1)]
    areas: Annotated[tuple[AreaPrefix, ...], Listed, Field(min_length=1)]
    insured_year: Annotated[int, Field(ge=2000, le=2199)]
    period_first: date
    period_last: date
    readings: Annotated[tuple[Reading, ...], Listed] = ()
    local_parameters: LocalBounds = LocalBounds()
    rates: Annotated[tuple[Rate, ...], Listed, Field(min_length=1)]
    full_funding: FullFunding | None = None
    places: Annotated[tuple[PlaceRule, ...], Listed] = ()
    covers_from: Annotated[tuple[Cover, ...], Listed, Field(min_length=1)]
    routes: Annotated[tuple[Route, ...], Listed, Field(min_length=1)]
    assistance: Assistance
    revocation: Annotated[tuple[RevocationRule, ...], Listed] = ()
    refund: Annotated[tuple[RefundRule, ...], Listed] = ()
    duplicate: Annotated[tuple[DuplicateRule, ...], Listed] = ()
    not_encoded: Annotated[tuple[NotEncoded, ...], Listed] = ()
    fingerprints: dict[Place, Fingerprint] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Notice:
        for check in CHECKS:
            for problem in check(self):
                raise Inconsistent(problem)
        return self

    def covers(self, area: str) -> bool:
        """Whether the notice governs an area."""
        return covers(self.areas, area)

    def cover(self, name: str) -> Cover:
        """The cover rule of this id."""
        return next(rule for rule in self.covers_from if rule.id == name)

    def highest_standard(self) -> Fen:
        """The highest individual standard of resident medical insurance, in fen."""
        return max(rate.amount for rate in self.rates if rate.insurance == "resident_medical")

    def insurances(self) -> tuple[Insurance, ...]:
        """The insurances levied, in the order of the rates."""
        return tuple(dict.fromkeys(rate.insurance for rate in self.rates))

    @property
    def window(self) -> tuple[date, date] | None:
        """First and last day before the year on which it collects (集中预缴期); None where it names no such days."""
        days = [
            (atom.first, atom.last)
            for route in self.routes
            if route.outcome == "levy" and route.when is not None
            for atom in route.when.atoms()
            if isinstance(atom, Paid) and atom.first and atom.last and atom.last < self.period_first
        ]
        return (min(first for first, _ in days), max(last for _, last in days)) if days else None

    def rules(self) -> Iterator[Rule]:
        """Every rule, in the order of the file."""
        yield from self.levy_rules()
        yield from self.revocation
        yield from self.refund
        yield from self.duplicate

    def levy_rules(self) -> Iterator[Rule]:
        """The rules that decide what is due, what is assisted and when cover runs."""
        yield from self.rates
        if self.full_funding:
            yield self.full_funding
        yield from self.places
        yield from self.covers_from
        yield from self.routes
        parts = self.assistance
        yield parts.combination
        yield parts.elsewhere
        yield from parts.rules
        for part in (parts.cutoff, parts.later, parts.retention):
            if part is not None:
                yield part

    def atoms(self) -> tuple[Atom, ...]:
        """Every atom any rule asks, each once."""
        found: dict[Atom, None] = {}
        for when in self.conditions():
            found.update(dict.fromkeys(when.atoms()))
        return tuple(found)

    def conditions(self) -> Iterator[When]:
        """Every condition of every rule."""
        conditional: tuple[Rate | PlaceRule | Route | AssistanceRule, ...]
        conditional = (*self.rates, *self.places, *self.routes, *self.assistance.rules)
        for rule in conditional:
            if rule.when is not None:
                yield rule.when
