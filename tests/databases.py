"""Databases for tests: migrated, empty, each used by one test at a time, and emptied instead of made anew.

Making one and dropping it writes and removes a thousand files; emptying one touches the tables that the test wrote to.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from worker.database.engine import migrate, open_engine
from worker.servers import Servers

_TEMPLATE = "levy_template"
# What a test may do to the schema shows here: rows of the catalogue that are new, gone, or were changed. The namespace
# of temporary tables stays behind them, empty, and says nothing.
_CATALOGUES = (
    *("pg_attribute", "pg_constraint", "pg_index", "pg_trigger", "pg_proc"),
    r"pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'",
)
_SEEN = "SELECT count(*), max(xmin::text::bigint) FROM {}"
# Of ten pages or fewer the planner thinks as of none; cutting them off costs thirty times as much as deleting rows.
_USED = (
    "SELECT relname, pg_relation_size(oid) > 10 * 8192 AS large FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0"
)
_COUNT_ANEW = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"
_OTHERS = "FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


class Databases:
    """Lends databases of the session's servers."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._idle: list[str] = []
        self._schemas: dict[str, Any] = {}
        as_superuser(servers, f"CREATE DATABASE {_TEMPLATE} OWNER levy")
        engine = open_engine(self._url(_TEMPLATE))
        migrate(engine)
        engine.dispose()
        with superuser(servers, _TEMPLATE) as link:
            self._filled = {name for name, _ in link.execute(_USED)}  # by the migrations, and left alone
        self._fingerprint = " UNION ALL ".join(_SEEN.format(place) for place in (*_CATALOGUES, *sorted(self._filled)))

    @contextmanager
    def lend(self) -> Iterator[str]:
        """The URL of an empty database, for as long as the block runs."""
        name = self._idle.pop() if self._idle else self._make()
        try:
            yield self._url(name)
        finally:
            self._take_back(name)

    def _make(self) -> str:
        name = f"test_{secrets.token_hex(6)}"
        as_superuser(self._servers, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} OWNER levy")
        with superuser(self._servers, name) as link:
            self._schemas[name] = link.execute(self._fingerprint).fetchall()
        return name

    def _take_back(self, name: str) -> None:
        with superuser(self._servers, name) as link:
            _send_others_away(link, name)
            if self._is_as_made(link, name):
                self._empty(link)
                self._idle.append(name)
                return
        as_superuser(self._servers, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _is_as_made(self, link: psycopg.Connection[tuple[Any, ...]], name: str) -> bool:
        try:
            return link.execute(self._fingerprint).fetchall() == self._schemas[name]
        except psycopg.errors.UndefinedTable:  # not even the tables that migrations fill are left
            return False

    def _empty(self, link: psycopg.Connection[tuple[Any, ...]]) -> None:
        used = [(sql.Identifier(name), large) for name, large in link.execute(_USED) if name not in self._filled]
        link.execute("SET session_replication_role = replica")  # ledger and audit log refuse this to everybody else
        if grown := [name for name, large in used if large]:
            link.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(grown)))
        for name, _ in used:
            link.execute(sql.SQL("DELETE FROM {}").format(name))
        link.execute(_COUNT_ANEW)

    def _url(self, name: str) -> str:
        return self._servers.urls().database.rsplit("/", 1)[0] + f"/{name}"


def _send_others_away(link: psycopg.Connection[tuple[Any, ...]], database: str) -> None:
    """End whoever is still in the database, and wait until they are gone; the server's own wait looks every 100 ms.

    Who comes meanwhile, as a thread that reads beside a page and was sent away does, is sent away too.
    """
    until = time.monotonic() + 60
    while link.execute(f"SELECT pg_terminate_backend(pid) {_OTHERS}", (database,)).fetchone() is not None:
        assert time.monotonic() < until, f"somebody does not leave {database}"
        time.sleep(0.002)


def superuser(servers: Servers, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
    """A connection as the superuser: only it may drop a database that the server itself is just tidying up."""
    try:
        return _connected(servers, database)
    except psycopg.OperationalError:  # a test has killed the server
        servers.ensure(follow=True)
        return _connected(servers, database)


def _connected(servers: Servers, database: str) -> psycopg.Connection[tuple[Any, ...]]:
    facts = servers.home.read()["postgres"]
    return psycopg.connect(
        host="127.0.0.1",
        port=int(facts["port"]),
        user="postgres",
        password=facts["superuser_password"],
        dbname=database,
        autocommit=True,
    )


def as_superuser(servers: Servers, statement: str) -> None:
    """Run one statement as the superuser, outside of any test's database."""
    with superuser(servers) as link:
        link.execute(statement)  # type: ignore[arg-type]
