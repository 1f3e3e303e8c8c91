"""The embedded servers of one home, as one thing to start, watch, stop and remove."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from config.settings import Settings
from worker.servers.binaries import postgres_program
from worker.servers.errors import HomeRefused
from worker.servers.home import Home
from worker.servers.identity import home_mode
from worker.servers.postgres import Postgres
from worker.servers.valkey import Valkey

State = Literal["running", "not answering", "stopped", "external"]


@dataclass(frozen=True)
class Urls:
    """Where the database and the broker are; both hold passwords, so neither is printed."""

    database: str
    broker: str


@dataclass(frozen=True)
class ServerStatus:
    """One server as seen now; no port or pid where it is not ours or not running."""

    name: str
    state: State
    port: int | None
    pid: int | None


def open_servers(settings: Settings) -> "Servers":
    """The servers that the settings name: embedded ones in ``home``, or those of the URLs."""
    return Servers(settings.home, settings.database_url, settings.broker_url)


class Servers:
    """PostgreSQL and the broker: embedded in ``home``, or elsewhere where a URL is given.

    Safe to call from several processes at once. The servers outlive the process that started them, unless asked to
    follow it.
    """

    def __init__(self, home: Path, database_url: str | None = None, broker_url: str | None = None) -> None:
        self.home = Home(home.absolute())
        self.database_url = database_url
        self.broker_url = broker_url
        self.postgres = Postgres(self.home)
        self.valkey = Valkey(self.home)

    def ensure(self, follow: bool = False) -> Urls:
        """Start what does not answer, and say where everything is. Milliseconds when all is well.

        Args:
            follow: have what is started now stop when the calling process (its main thread) ends.

        Raises:
            ServersError: a server cannot be had; the message says what to do.
        """
        if self._ours() and self.home.exists:
            self.home.close(self._home_mode)
        if not self.answer():
            if not self.home.exists:
                self.home.make(self._home_mode())
            with self.home.lock():
                for server in self._ours():
                    if not server.answers():
                        server.start(follow)
        return self.urls()

    def urls(self) -> Urls:
        """Where the servers are, or were last; asks none of them. Only after an ``ensure`` in this home."""
        return Urls(self.database_url or self.postgres.url(), self.broker_url or self.valkey.url())

    def answer(self) -> bool:
        """Whether all embedded servers answer; an external one is not asked."""
        return all(server.answers() for server in self._ours())

    def stop(self) -> None:
        """Stop the embedded servers, keeping the data. External ones are left alone."""
        if self.home.exists:
            with self.home.lock():
                for server in reversed(self._ours()):
                    server.stop()

    def status(self) -> list[ServerStatus]:
        """How each server is; looks and changes nothing."""
        return [self._status_of(server) for server in (self.postgres, self.valkey)]

    def refuse_reset(self) -> None:
        """Find out whether ``reset`` would be refused, and delete nothing.

        Raises:
            HomeRefused: a URL points elsewhere, where nothing is ours to delete; the directory is not marked as a
                home; or somebody is at work in the database.
        """
        if self.database_url or self.broker_url:
            raise HomeRefused(
                "LEVY_DATABASE_URL or LEVY_BROKER_URL is set: those servers are not ours to empty. "
                "Unset both to remove the embedded ones, or ask whoever runs them."
            )
        if not self.home.exists and self.home.path.exists():
            raise HomeRefused(f"{self.home.path} is not marked as a home of Levybridge; nothing was deleted.")
        if clients := self.postgres.clients():
            raise HomeRefused(
                f"The database in {self.home.path} is in use by {clients} connections; nothing was deleted. "
                "Stop `levy up` or whatever else is running, and try again."
            )

    def reset(self) -> None:
        """Stop the embedded servers and delete the whole home.

        Raises:
            HomeRefused: as in ``refuse_reset``.
        """
        self.refuse_reset()
        if self.home.exists:
            with self.home.lock():
                for server in reversed(self._ours()):
                    server.stop()
                shutil.rmtree(self.home.path)

    def _home_mode(self) -> int:
        return home_mode(postgres_program("postgres")) if self.postgres in self._ours() else 0o700

    def _ours(self) -> list[Postgres | Valkey]:
        ours: list[Postgres | Valkey] = [] if self.database_url else [self.postgres]
        return ours if self.broker_url else [*ours, self.valkey]

    def _status_of(self, server: Postgres | Valkey) -> ServerStatus:
        if server not in self._ours():
            return ServerStatus(server.name, "external", None, None)
        if not self.home.exists or (pid := server.pid()) is None:
            return ServerStatus(server.name, "stopped", None, None)
        return ServerStatus(server.name, "running" if server.answers() else "not answering", server.port(), pid)
