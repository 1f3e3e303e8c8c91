"""How many random people a property test draws: a third of ``examples`` in `make test`, all of them in `make long`."""

import os

from hypothesis import HealthCheck, settings

_PART = 1 if os.environ.get("LEVY_ALL_EXAMPLES") else 3


def drawn(examples: int) -> settings:
    """The settings of a test. Each run draws others, so that what one leaves out another meets."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=-(-examples // _PART), deadline=None, suppress_health_check=slow)
