"""Fixtures for the tests of the service: an engine on a database of one's own, an audit log, a vault."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache, partial

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine

from worker.audit.log import AuditLog, Origin
from worker.database.engine import open_engine
from worker.keys import Key, Keychain
from worker.operators import passwords
from worker.privacy import Vault


def keychain(
    data: tuple[str, ...] = ("aes-256-gcm",), index: tuple[str, ...] = ("hmac-sha-256",), audit: bytes = b"a"
) -> Keychain:
    """Keys 1, 2... of these algorithms; the audit log's are of one letter each."""
    return Keychain(
        {
            "data": {n: Key(n, name, b"d%d" % n * (8 if name == "sm4-gcm" else 16)) for n, name in enumerate(data, 1)},
            "index": {n: Key(n, name, b"i%d" % n * 16) for n, name in enumerate(index, 1)},
            "audit": {n: Key(n, "hmac-sha-256", bytes([letter]) * 32) for n, letter in enumerate(audit, 1)},
        }
    )


KEYCHAIN = keychain()
NOW = datetime(2020, 9, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def cheap_passwords() -> Iterator[None]:
    """Passwords whose hash is made at once; what it costs otherwise is seen in ``operators/test_passwords.py``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", cache(partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)))
        yield


@pytest.fixture
def audit() -> AuditLog:
    return AuditLog(KEYCHAIN)


@pytest.fixture
def origin() -> Origin:
    return Origin(actor="worker:test", chain="610922", business_date=date(2020, 9, 1), batch="b-1", job_id=7, attempt=1)


@pytest.fixture
def vault() -> Vault:
    return Vault(KEYCHAIN)
