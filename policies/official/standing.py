"""Where figures and sources of a notice stand in its official text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from policies.notice import Notice
from policies.official.clauses import OfficialText
from policies.official.figures import Figure, figure_of


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
    """The figures of a clause that say what is written: the same number and unit, or the same date."""
    wanted = figure_of(written)
    return [figure for figure in text[clause].figures if figure == wanted] if clause in text else []
