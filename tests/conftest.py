"""Real servers for the tests: one embedded PostgreSQL and broker per session, an empty database per test."""

import gc
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.databases import Databases, as_superuser
from tests.drawn import some
from worker.servers import Servers

# An example is never wrong because the machine was slow.
settings.register_profile(
    "levybridge", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=some(100)
)
settings.load_profile("levybridge")


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: looking for garbage in it takes a twentieth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def no_logger_is_kept() -> Iterator[None]:
    """A logger that is kept on first use would keep to a stream of one test, which is closed in the next."""

    def configured(configure: Callable[..., None], **how: object) -> None:
        configure(**how | {"cache_logger_on_first_use": False})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structlog, "configure", partial(configured, structlog.configure))
        yield


@pytest.fixture(autouse=True)
def own_log(no_logger_is_kept: None) -> Iterator[None]:
    """What a test, or a command that it runs in this process, makes of logging ends with the test."""
    root, kept = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    with pytest.MonkeyPatch.context() as patch:
        for module in (sys, threading):
            patch.setattr(module, "excepthook", module.excepthook)
        yield
    structlog.configure(**kept)
    structlog.contextvars.clear_contextvars()
    root.handlers[:], root.level = handlers, level


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The session's own embedded servers, in a temporary home; they stop with the session even if it is killed."""
    embedded = Servers(tmp_path_factory.mktemp("servers") / "home")
    embedded.ensure(follow=True)
    # What a test leaves need not outlive the machine; a server that is killed loses nothing by it. And no rows are put
    # where others were deleted meanwhile, which would change their order.
    for statement in (
        "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()"
    ):  # fmt: skip
        as_superuser(embedded, statement)
    yield embedded
    embedded.stop()


@pytest.fixture(scope="session")
def broker_url(servers: Servers) -> str:
    """Celery broker URL of the session's broker."""
    return servers.ensure(follow=True).broker


@pytest.fixture(scope="session")
def new_database(servers: Servers) -> Callable[[], AbstractContextManager[str]]:
    """Ask for a database of one's own: `with new_database() as url`."""
    return Databases(servers).lend


@pytest.fixture
def database_url(new_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """SQLAlchemy URL of a migrated, empty database that only this test uses."""
    with new_database() as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(new_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """SQLAlchemy URL of a migrated database that the tests of one module share."""
    with new_database() as url:
        yield url
