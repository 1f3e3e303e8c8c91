"""Whatever happens to people, in whatever order: no fen is lost or doubled, and the books of all sides agree."""

import os
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.journeys.lives import Lives

LIVES = int(os.environ.get("LEVY_LIVES", "0"))
"""How many random lives are played; none is said: three, the same each time. ``make lives N=200`` plays more."""
SOME = 30
"""Of so many lives at least one brings a payment in the wrong area to its place."""


def test_random_lives_keep_every_book_right(
    new_database: Callable[[], AbstractContextManager[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    class Played(Lives):
        pass

    Played.reached, Played.new_database = Counter(), staticmethod(new_database)
    run_state_machine_as_test(
        Played,
        settings=settings(
            max_examples=LIVES or 3,
            derandomize=not LIVES,
            stateful_step_count=14 if LIVES else 7,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
            print_blob=True,
        ),
    )
    if LIVES:
        with capsys.disabled():
            sys.stdout.write(f"\npayments in the wrong area came to these states: {dict(Played.reached)}\n")
    if LIVES >= SOME:
        assert Played.reached["completed"], "some reach the place that they were meant for"
