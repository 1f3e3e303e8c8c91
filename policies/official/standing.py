"""Where figures and sources of a notice stand in its official text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from policies.notice import Notice
from policies.official.clauses import OfficialText
from policies.official.figures import Figure, figure_of, ordinal_of
from policies.rule import Rule


class Bound(Protocol):
    """What a notice leaves to the locality, with the clauses that do so."""

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses it rests on."""


def bounds(notice: Notice) -> Iterator[tuple[str, Bound]]:
    """The local parameters a notice leaves open, by name."""
    parameters = notice.local_parameters
    yield from parameters.assistance.items()
    for name in type(parameters).model_fields:
        bound = getattr(parameters, name)
        if name != "assistance" and bound is not None:
            yield name, bound


def matches(text: OfficialText, clause: str, written: str) -> list[Figure]:
    """The figures of a clause that say what is written: the same number and unit, or the same date.

    More than one where it stands there several times and ``written`` does not say which (``70元#2``).
    """
    wanted, ordinal = figure_of(written), ordinal_of(written)
    found = [figure for figure in text[clause].figures if figure == wanted] if clause in text else []
    return found if ordinal is None else found[ordinal - 1 : ordinal]


def taken_by(rule: Rule, text: OfficialText) -> Iterator[tuple[str, Figure]]:
    """The figures of the text that a rule took, each with its clause."""
    for clause, written in rule.took.items():
        for figure in written:
            for found in matches(text, clause, figure):
                yield clause, found
