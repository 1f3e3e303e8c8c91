"""The effort of a fuzz test: so many examples, times ``LEVY_FUZZ``, from the seed ``LEVY_FUZZ_SEED``."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, seed, settings

FACTOR = int(os.environ.get("LEVY_FUZZ", "1"))
SEED = int(os.environ.get("LEVY_FUZZ_SEED", "610922"))


def effort(examples: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Draw ``examples`` in the short form. Nothing is remembered between runs: a seed says it all."""
    chosen = settings(
        max_examples=examples * FACTOR,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    return lambda test: seed(SEED)(chosen(test))
