"""How an identity flag stands on the day of payment, in the eyes of the assistance rules."""

from __future__ import annotations

from datetime import date
from enum import IntEnum
from typing import TYPE_CHECKING

from policies.kinds import Assistance
from policies.vocabulary import CATEGORIES

if TYPE_CHECKING:
    from policies.facts import Facts
    from policies.question import Flag


class Standing(IntEnum):
    """From best to worst; ``KEPT_*`` is held on the day of payment and ended since."""

    HELD_HERE = 0
    KEPT_HERE = 1
    HELD_WITHIN = 2
    KEPT_WITHIN = 3
    LATER_HERE = 4
    LATER_WITHIN = 5
    HELD_OUTSIDE = 6
    LATER_OUTSIDE = 7
    PAST_CUTOFF = 8
    ENDED = 9
    TOO_LATE = 10
    AHEAD = 11
    """Not recognised yet on the last day of which anything is known: as if it were not there."""


HELD_AT_PAYMENT = frozenset({Standing.HELD_HERE, Standing.KEPT_HERE, Standing.HELD_WITHIN, Standing.KEPT_WITHIN})
HERE = frozenset({Standing.HELD_HERE, Standing.KEPT_HERE, Standing.LATER_HERE})
WITHIN = frozenset({Standing.HELD_WITHIN, Standing.KEPT_WITHIN, Standing.LATER_WITHIN})
OUTSIDE = frozenset({Standing.HELD_OUTSIDE, Standing.LATER_OUTSIDE})
PAYABLE = HERE | WITHIN


def standing_of(flag: Flag, facts: Facts) -> Standing:
    """How a flag stands; its place counts as here where the notice's areas pay alike."""
    rules, paid = facts.notice.assistance, facts.paid_on
    if flag.recognised_on > facts.horizon:
        return Standing.AHEAD
    ended_by = paid if flag.recognised_on <= paid else facts.horizon
    if flag.revoked_on is not None and flag.revoked_on <= ended_by:
        return Standing.ENDED
    if rules.cutoff is not None and flag.recognised_on > rules.cutoff.recognised_by:
        return Standing.PAST_CUTOFF
    place = _place(flag, facts)
    if flag.recognised_on > paid:
        if flag.recognised_on > latest_recognition(rules):
            return Standing.TOO_LATE
        return (Standing.LATER_HERE, Standing.LATER_WITHIN, Standing.LATER_OUTSIDE)[place]
    if flag.revoked_on is not None and flag.revoked_on <= facts.horizon:
        return (Standing.KEPT_HERE, Standing.KEPT_WITHIN, Standing.HELD_OUTSIDE)[place]
    return (Standing.HELD_HERE, Standing.HELD_WITHIN, Standing.HELD_OUTSIDE)[place]


def latest_recognition(rules: Assistance) -> date:
    """The last day on which a recognition after payment still gives assistance; a day long past where none does."""
    return rules.later.until if rules.later is not None else date.min


def _place(flag: Flag, facts: Facts) -> int:
    """0 here, 1 elsewhere within the notice's areas, 2 outside of them."""
    if flag.area == facts.question.pooling_area:
        return 0
    if not facts.notice.covers(flag.area):
        return 2
    return 0 if facts.notice.assistance.elsewhere.pays == "unified" else 1


def best_standings(facts: Facts) -> dict[str, tuple[Standing, str]]:
    """For each category flagged, in the vocabulary's order, its best standing and the area that recognised it."""
    best: dict[str, tuple[Standing, date, str]] = {}
    for flag in facts.question.flags:
        found = (standing_of(flag, facts), flag.recognised_on, flag.area)
        best[flag.category] = min(found, best.get(flag.category, found))
    return {word: (best[word][0], best[word][2]) for word in CATEGORIES if word in best}
