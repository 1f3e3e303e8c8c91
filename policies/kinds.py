"""The kinds of rule that decide ``assess``: rates, places, routes, covers and assistance."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator

from policies.condition import When
from policies.lapse import LapseWait
from policies.money import Fen
from policies.rule import STRICT, AreaCode, Bilingual, Categories, Insurance, Listed, Rule, RuleId, Source

Amount = Annotated[Fen, Field(gt=0, le=100_000_000)]
Percent = Annotated[str, StringConstraints(pattern=r"^(100|[1-9]?[0-9])%$")]


class Rate(Rule):
    """The premium of the insured year for one insurance; the first rate whose condition holds is the person's."""

    insurance: Insurance
    rate_class: Literal["adult", "minor_or_student", "uniform"]
    amount: Amount
    when: When | None = None


class FullFunding(Rule):
    """The full funding standard (individual and fiscal share), in fen, or left to the local parameters."""

    insurance: Insurance
    amount: Amount | Literal["local"]


class PlaceRule(Rule):
    """Where somebody must enrol; the first rule whose condition holds decides."""

    enrol_at: Literal["school", "household", "household_or_residence", "recognition"]
    identity: Categories | None = None
    when: When | None = None

    @model_validator(mode="after")
    def _names_identity(self) -> PlaceRule:
        if (self.enrol_at == "recognition") != (self.identity is not None):
            raise ValueError(f"place rule {self.id}: `identity` belongs to enrol_at: recognition, and only there")
        return self


CoverStart = Literal[
    "fixed",
    "birth",
    "payment",
    "day_after_payment",
    "wait",
    "month_after_payment",
    "month_after_recognition",
    "month_after_prior_cover",
    "undated",
]


class Cover(Rule):
    """When cover starts; it ends with the insured year. A start after that end leaves the case undetermined."""

    start: CoverStart
    first_day: date | None = None
    wait_days: Annotated[int, Field(gt=0)] | None = None
    wait_months: Annotated[int, Field(gt=0)] | None = None
    lapse: LapseWait | None = None
    identity: Categories | None = None
    not_before: date | None = None
    missing: Annotated[tuple[str, ...], Listed] = ()

    @model_validator(mode="after")
    def _complete(self) -> Cover:
        needs = {
            "fixed": self.first_day is not None,
            "wait": (self.wait_days is None) != (self.wait_months is None),
            "month_after_recognition": self.identity is not None,
            "undated": bool(self.missing),
        }
        if not needs.get(self.start, True):
            raise ValueError(
                f"cover {self.id}: start {self.start} needs its own figure "
                "(first_day; wait_days or wait_months; identity; missing)"
            )
        if self.lapse is not None and self.wait_months is None:
            raise ValueError(
                f"cover {self.id}: lapse adds months to a fixed wait, so it needs start: wait with wait_months"
            )
        return self


class Route(Rule):
    """How a person comes in: accepted or not, on which premium, through which channel, with which cover."""

    when: When | None = None
    outcome: Literal["levy", "no_premium", "closed", "undetermined"] = "levy"
    premium: Literal["ordinary", "full_funding"] = "ordinary"
    channel: Literal["ordinary", "special"] = "ordinary"
    cover: RuleId | None = None
    reason: Bilingual | None = None
    missing: Annotated[tuple[str, ...], Listed] = ("ruling",)

    @model_validator(mode="after")
    def _complete(self) -> Route:
        if (self.outcome in {"levy", "no_premium"}) != (self.cover is not None):
            raise ValueError(f"route {self.id}: a cover belongs to outcomes levy and no_premium, and only to them")
        if (self.outcome == "undetermined") != (self.reason is not None):
            raise ValueError(f"route {self.id}: a reason belongs to outcome undetermined, and only to it")
        return self


class LocalAmount(BaseModel):
    """An amount that the local parameters give under this name; ``share`` takes a share of it (of another category)."""

    model_config = STRICT

    local: str
    share: Percent | None = None


class Share(BaseModel):
    """What one funding source gives: fen, the full individual standard, a share of it, or a local figure."""

    model_config = STRICT

    source: Source
    amount: Amount | Literal["full"] | Percent | LocalAmount


class AssistanceRule(Rule):
    """Assistance for some categories out of one channel; the order of rules and of categories breaks ties."""

    categories: Categories
    channel: RuleId
    insurance: Insurance = "resident_medical"
    rate_class: Literal["adult", "minor_or_student", "uniform"] | None = None
    shares: Annotated[tuple[Share, ...], Listed, Field(min_length=1)]
    timing: Literal["at_levy", "after_payment", "sponsor", "local"]
    on_application: bool = False
    paying_areas: Annotated[tuple[AreaCode, ...], Listed] | None = None
    when: When | None = None


class Later(Rule):
    """Recognised after payment, up to a day: assistance follows, by itself or on application."""

    until: date
    on_application: bool


class Cutoff(Rule):
    """Only identities recognised up to this day give assistance."""

    recognised_by: date


class Elsewhere(Rule):
    """Identity recognised elsewhere: no assistance at all, or on application from the area of recognition.

    ``unified``: the notice's areas pay alike, an identity of any of them counts as recognised here. ``unsettled``: the
    notice does not say, so that such a case is undetermined.
    """

    pays: Literal["nobody", "recognising_area", "unified", "unsettled"]


class Combination(Rule):
    """Several assistances at once: the highest within a channel, once; channels add in this order.

    A single channel means: the highest of all, once.
    """

    channels: Annotated[tuple[RuleId, ...], Listed, Field(min_length=1)]


class Retention(Rule):
    """An identity that ends after payment: what the day of payment established is kept."""


class Assistance(BaseModel):
    """All that decides assistance."""

    model_config = STRICT

    combination: Combination
    elsewhere: Elsewhere
    rules: Annotated[tuple[AssistanceRule, ...], Listed]
    cutoff: Cutoff | None = None
    later: Later | None = None
    retention: Retention | None = None
