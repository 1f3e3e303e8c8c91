"""The question ``revocation``: an identity ended after assistance was received or promised."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from policies.money import Fen
from policies.question import Asked, Day
from policies.rule import AreaCode, Category


class RevocationQuestion(Asked):
    """An identity ended on ``revoked_on``; ``assistance_received`` is what was already paid or netted, in fen."""

    question: Literal["revocation"]
    pooling_area: AreaCode
    category: Category
    revoked_on: Day
    paid_on: Day
    assistance_received: Annotated[Fen, Field(ge=0)]
    as_of: Day
