"""How much a property test draws: a third of its examples in `make test`, all in `make long` and `make mutate`."""

import os
from typing import Any

from hypothesis import HealthCheck, settings

_PART = 1 if os.environ.get("LEVY_ALL_EXAMPLES") else 3


def some(examples: int) -> int:
    """How many of them are drawn in this run."""
    return -(-examples // _PART)


def drawn(examples: int, **more: Any) -> settings:
    """The settings of a test. Each run draws anew, so that what one leaves out another meets."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
    return settings(max_examples=some(examples), deadline=None, suppress_health_check=slow, **more)
