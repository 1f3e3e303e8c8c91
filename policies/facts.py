"""What is known of one person on one day, as the rules look at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.local import LocalParameters
    from policies.notice import Notice
    from policies.question import AssessQuestion, Flag


@dataclass(frozen=True, slots=True)
class Facts:
    """A question together with the notice and the local parameters it is decided by."""

    notice: Notice
    local: LocalParameters | None
    question: AssessQuestion

    @property
    def paid_on(self) -> date:
        """The day of payment, or the day asked about when no payment is known."""
        return self.question.paid_on or self.question.as_of

    @property
    def horizon(self) -> date:
        """The last day of which anything is known: the later of the day asked about and the day of payment."""
        return max(self.question.as_of, self.paid_on)

    def held(self, categories: Iterable[str]) -> list[Flag]:
        """Flags of these categories in force on the day of payment, the earliest recognised first.

        An identity is in force from the day of recognition to the day before its revocation.
        """
        day = self.paid_on
        found = [flag for flag in self.question.flags if flag.category in categories and flag.in_force(day)]
        return sorted(found, key=lambda flag: (flag.recognised_on, flag.area))
