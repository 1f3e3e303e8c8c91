"""The roster of a command: so many synthetic people by a seed, or a CSV file of facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
import numpy as np

from policies.load import load_notices
from policies.notice import Notice
from policies.roster.drawn import draw_roster
from policies.roster.roster import Roster
from policies.roster.table import read_roster

CURRENT = "current"
"""Instead of a number or a file: who is enrolled in this installation now."""
_LARGEST = 20_000_000


def roster_options(default: str | None) -> Callable[[Any], Any]:
    """The options ``--roster``, ``--seed`` and ``--area``."""

    def add(command: Any) -> Any:
        words = "A number of synthetic people, a CSV file of facts (policies/notices/README.md), or current."
        for option in (
            click.option("--area", "areas", multiple=True, help="A pooling area of the synthetic people; repeatable."),
            click.option("--seed", default=1, show_default=True, help="The seed of the synthetic people."),
            click.option("--roster", default=default, show_default=default is not None, help=words),
        ):
            command = option(command)
        return command

    return add


def make_roster(
    roster: str, seed: int, areas: tuple[str, ...], notice: Notice, others: Iterable[Notice], local: Iterable[str]
) -> Roster:
    """People whose days belong to the year of ``notice``, enrolling where it and ``others`` govern."""
    if not roster.isdigit():
        found = read_roster(Path(roster), notice.insured_year)
        for area in sorted(set(found.pooling_area.tolist())):
            if not notice.covers(str(area)):
                raise click.ClickException(f"{roster}: {notice.notice} does not govern the pooling area {area}")
        return found
    if not 0 < int(roster) <= _LARGEST:
        raise click.ClickException(f"a synthetic roster has 1 to {_LARGEST} people")
    chosen = areas or tuple(local) or _own_areas(notice, tuple(others))
    for area in chosen:
        if not (len(area) == 6 and area.isascii() and area.isdigit() and notice.covers(area)):
            raise click.ClickException(f"{notice.notice} governs no area {area}; name one of six digits with --area")
    return draw_roster(notice, chosen, int(roster), np.random.default_rng(seed))


def _own_areas(notice: Notice, others: tuple[Notice, ...]) -> tuple[str, ...]:
    """Six-digit areas that every notice governs: those they name, else those that any kept notice names."""
    named = [area for one in (notice, *others) for area in one.areas]
    kept = [area for one in load_notices() for area in one.areas]
    for areas in (named, kept):
        found = [area for area in areas if len(area) == 6 and all(one.covers(area) for one in (notice, *others))]
        if found:
            return tuple(dict.fromkeys(found))
    names = " and ".join(one.notice for one in (notice, *others))
    raise click.ClickException(
        f"say with --area where the people enrol: {names} name no county that all of them govern"
    )
