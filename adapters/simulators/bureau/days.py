"""Days of a season as its profile writes them: counted from the window, in the insured year, or in the year before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_RELATIVE = re.compile(r"(opens|closes|birth)(?:([+-])(\d{1,3}))?")
_FIXED = re.compile(r"(before|in) (\d\d)-(\d\d)")


class NoDay(ValueError):
    """A day in a profile that cannot be read; the message shows the forms there are."""


@dataclass(frozen=True)
class Calendar:
    """The insured year and the first and last day of its window, as the notice has them."""

    year: int
    opens: date
    closes: date

    def day(self, written: str, born: date | None = None) -> date:
        """``opens-1``, ``closes+10``, ``birth+30``, ``before 11-15`` (the year before), ``in 03-01`` (insured year)."""
        if match := _RELATIVE.fullmatch(written):
            anchors = {"opens": self.opens, "closes": self.closes, "birth": born}
            anchor, step = anchors[match[1]], int(match[3] or 0)
            if anchor is not None:
                return anchor + timedelta(days=-step if match[2] == "-" else step)
        elif match := _FIXED.fullmatch(written):
            return date(self.year if match[1] == "in" else self.year - 1, int(match[2]), int(match[3]))
        raise NoDay(f"{written!r} is no day of a season: write opens-1, closes+10, birth+30, before 11-15 or in 03-01")
