"""Fixtures for the tests of the service: an engine on a database of one's own, an audit log, a vault."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine

from worker.audit.log import AuditLog, Origin
from worker.database.engine import open_engine
from worker.privacy import Keys, Vault

AUDIT_KEY = b"a" * 32
NOW = datetime(2020, 9, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def audit() -> AuditLog:
    return AuditLog(AUDIT_KEY)


@pytest.fixture
def origin() -> Origin:
    return Origin(actor="worker:test", chain="610922", business_date=date(2020, 9, 1), batch="b-1", job_id=7, attempt=1)


@pytest.fixture
def vault() -> Vault:
    return Vault(Keys(data={1: b"d" * 32}, index=b"i" * 32, audit=AUDIT_KEY))
