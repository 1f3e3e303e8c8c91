"""Events by what their transaction shares: scattered over a chain or side by side, they are all found."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from tests.worker.conftest import NOW
from worker.audit.log import AuditLog, Event, Origin
from worker.audit.place import EVENTS, events_sharing


@pytest.fixture
def chain(engine: Engine, audit: AuditLog, origin: Origin) -> str:
    """Thirty transactions of two events; every tenth is an operator's, the last four are of 28 September."""
    for at in range(30):
        actor = "operator:he" if at % 10 == 3 else origin.actor
        day = origin.business_date.replace(day=28 if at >= 26 else 1)
        one = replace(origin, actor=actor, business_date=day, job_id=at)
        with engine.begin() as connection:
            audit.record(connection, one, [Event("levy.assessed", n, {"n": n}) for n in (1, 2)], NOW)
    return origin.chain


@pytest.mark.parametrize(
    ("wanted", "segments"),
    [
        ({"actor": "he"}, [4, 14, 24]),
        ({"actor": "operator:he", "job": 13}, [14]),
        ({"day": "2020-09-28"}, [27, 28, 29, 30]),
        ({"segment": 7}, [7]),
        ({"actor": "nobody"}, []),
        ({}, list(range(1, 31))),
    ],
)
def test_all_events_of_these_transactions_are_found_and_no_others(
    engine: Engine, chain: str, wanted: dict[str, object], segments: list[int]
) -> None:
    with engine.connect() as connection:
        sql, values = events_sharing(connection, chain, wanted)
        found = connection.execute(text(f"{sql} ORDER BY position"), {"chain": chain, **values}).all()
    assert [row.segment for row in found] == [one for one in segments for _ in (1, 2)]


def test_what_lies_scattered_is_read_by_transaction_and_what_lies_together_by_walking(
    engine: Engine, chain: str
) -> None:
    with engine.connect() as connection:
        scattered, together = (events_sharing(connection, chain, one)[0] for one in ({"actor": "he"}, {"segment": 7}))
    assert not scattered.startswith(EVENTS)
    assert together.startswith(EVENTS)
