"""The proof that a notice's rules say what its official text says, both ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from policies.notice import Notice
from policies.official.backward import (
    clauses_are_accounted_for,
    figures_are_accounted_for,
    left_out_is_there,
    wording_is_kept,
)
from policies.official.clauses import OfficialText, read_official_text
from policies.official.finding import Finding
from policies.official.forward import (
    cited_clauses_exist,
    effects_are_carried,
    summaries_say_what_was_taken,
    taken_figures_stand,
    the_notice_is_the_one,
)
from policies.official.naming import people_are_named

Check = Callable[[Notice, OfficialText], Iterator[Finding]]

CHECKS: Final[tuple[Check, ...]] = (
    the_notice_is_the_one,
    cited_clauses_exist,
    taken_figures_stand,
    effects_are_carried,
    people_are_named,
    summaries_say_what_was_taken,
    wording_is_kept,
    figures_are_accounted_for,
    clauses_are_accounted_for,
    left_out_is_there,
)


def verify(notice: Notice, text: str) -> tuple[Finding, ...]:
    """Everything that was asked of the notice and its official text, good or not, in the order of the checks."""
    clauses = read_official_text(text)
    return tuple(finding for check in CHECKS for finding in check(notice, clauses))


def fingerprints_of(text: str) -> dict[str, str]:
    """The fingerprints of a text's clauses, to be kept once every clause has been read."""
    return {place: part.fingerprint for place, part in read_official_text(text).items()}
