"""Struck at any one point, work that is taken up again leaves every book as if nothing had happened.

The points are all there are: each statement, each commit (before it, and after it with the reply lost), each call of a
neighbour (before it, and after its effect). ``make points`` strikes each of them; here it is every sixtieth, and which
ones these are turns with the day.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from tests.faults.conftest import Life
from tests.faults.life import STEPS
from tests.faults.points import KINDS

STRIDE = int(os.environ.get("LEVY_POINTS", "60"))


@pytest.mark.parametrize("place", range(len(STEPS)), ids=[step.name for step in STEPS])
@pytest.mark.parametrize("kind", KINDS)
def test_struck_at_any_point_nothing_is_lost_and_nothing_doubled(life: Life, kind: str, place: int) -> None:
    played = life.played[place]
    points = life.points(played, kind)
    start = datetime.now(UTC).toordinal() % STRIDE
    print(f"{len(points)} points, from {start} in steps of {STRIDE}")
    for at in range(start + 1, len(points) + 1, STRIDE):
        _, found = life.strike(played, kind, at)
        wrong = {name for name in found if found[name] != played.after[name]}
        assert not wrong, [(points[at - 1], at, name, found[name], played.after[name]) for name in wrong]
