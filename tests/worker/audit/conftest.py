"""A log of some segments of three events each."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from tests.worker.conftest import NOW
from worker.audit.log import AuditLog, Event, Origin

Record = Callable[[int], None]


@pytest.fixture
def record(engine: Engine, audit: AuditLog, origin: Origin) -> Record:
    """Write so many segments, about persons 1, 2 and 3."""

    def write(segments: int) -> None:
        for _ in range(segments):
            events = [Event("levy.assessed", 1 + at, {"amount": 28000 + at}) for at in range(3)]
            with engine.begin() as connection:
                audit.record(connection, origin, events, NOW)

    return write
