"""What a notice file keeps of its official text without keeping the text: what is not encoded, and fingerprints."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from policies.clause import clause_order
from policies.official.clauses import CLOSING, FRONT
from policies.rule import STRICT, Bilingual, Listed, WrittenFigure


def _checked(place: str) -> str:
    if place not in (FRONT, CLOSING):
        clause_order(place)
    return place


Place = Annotated[str, AfterValidator(_checked)]
"""A clause number, or ``题首`` and ``文末`` for what stands before and behind the clauses."""
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
"""The fingerprint of a clause: it changes with any word or figure of it."""


class NotEncoded(BaseModel):
    """What the text says and no rule decides from, and why.

    ``figures``: only these. ``partly``: a sentence, without figures, of clauses that rules cite for the rest of them.
    Neither: these clauses as a whole, with every figure in them.
    """

    model_config = STRICT

    clauses: Annotated[tuple[Place, ...], Listed, Field(min_length=1)]
    figures: Annotated[tuple[WrittenFigure, ...], Listed] = ()
    partly: bool = False
    reason: Bilingual

    @property
    def whole(self) -> bool:
        """Whether it leaves its clauses out as a whole."""
        return not self.figures and not self.partly

    @model_validator(mode="after")
    def _one_extent(self) -> NotEncoded:
        if self.figures and len(self.clauses) > 1:
            raise ValueError("figures are left out of one clause at a time: write an entry for each clause")
        return self
