"""Real servers for the tests: one embedded PostgreSQL and broker per session, a fresh database per test."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest

from worker.database.engine import migrate, open_engine
from worker.servers import Servers

TEMPLATE = "levy_template"


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The session's own embedded servers, in a temporary home; they stop with the session even if it is killed."""
    embedded = Servers(tmp_path_factory.mktemp("servers") / "home")
    embedded.ensure(follow=True)
    yield embedded
    embedded.stop()


@pytest.fixture(scope="session")
def broker_url(servers: Servers) -> str:
    """Celery broker URL of the session's broker."""
    return servers.ensure(follow=True).broker


@pytest.fixture(scope="session")
def new_database(servers: Servers) -> Callable[[], AbstractContextManager[str]]:
    """Ask for a database of one's own: `with new_database() as url`. Copied from a migrated template."""
    _execute(servers, f"CREATE DATABASE {TEMPLATE} OWNER levy")
    migrate_template(_url_of(servers, TEMPLATE))

    @contextmanager
    def make() -> Iterator[str]:
        name = f"test_{secrets.token_hex(6)}"
        _execute(servers, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER levy")
        try:
            yield _url_of(servers, name)
        finally:
            _execute(servers, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    return make


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


def migrate_template(url: str) -> None:
    """Bring the template database to the newest schema, and leave no connection open: it is copied from now on."""
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()


def _url_of(servers: Servers, database: str) -> str:
    return servers.ensure(follow=True).database.rsplit("/", 1)[0] + f"/{database}"


def _execute(servers: Servers, statement: str) -> None:
    """Run as the superuser: only it may drop a database that the server itself is just tidying up."""
    servers.ensure(follow=True)
    facts = servers.home.read()["postgres"]
    with psycopg.connect(
        host="127.0.0.1",
        port=int(facts["port"]),
        user="postgres",
        password=facts["superuser_password"],
        dbname="postgres",
        autocommit=True,
    ) as link:
        link.execute(statement)  # type: ignore[arg-type]
