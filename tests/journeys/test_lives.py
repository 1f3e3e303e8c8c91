"""Whatever happens to people, in whatever order: no fen is lost or doubled, and the books of all sides agree."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.journeys.lives import Lives

LIVES = int(os.environ.get("LEVY_LIVES", "0"))
"""How many random lives are played; none is said: three, the same each time. ``make lives N=200`` plays more."""


def test_random_lives_keep_every_book_right(new_database: Callable[[], AbstractContextManager[str]]) -> None:
    class Played(Lives):
        pass

    Played.new_database = staticmethod(new_database)
    run_state_machine_as_test(
        Played,
        settings=settings(
            max_examples=LIVES or 3,
            derandomize=not LIVES,
            stateful_step_count=14 if LIVES else 11,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
            print_blob=True,
        ),
    )
