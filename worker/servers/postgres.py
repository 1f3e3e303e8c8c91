"""The embedded PostgreSQL: started, found again after a kill, and stopped."""

import signal
import time

from psycopg import pq

from worker.servers.binaries import postgres_program
from worker.servers.cluster import count_clients, create_cluster, prepare_database, refuse_other_version, write_settings
from worker.servers.errors import StartFailed
from worker.servers.home import Home, new_password
from worker.servers.identity import choose_identity
from worker.servers.ports import HOST, choose_port
from worker.servers.process import end, is_alive, last_lines, same_process, spawn, working_in

START_SECONDS = 120.0  # a start after a kill replays the write-ahead log first
ATTEMPTS = 3


class Postgres:
    """The PostgreSQL server of one home.

    The service connects as ``levy``, which owns the database ``levy`` and may create others but is no superuser.
    The superuser ``postgres`` only prepares that.
    """

    name = "postgres"

    def __init__(self, home: Home) -> None:
        self.home = home
        self.data = home.path / "postgres"
        self.log = home.path / "postgres.log"

    def pid(self) -> int | None:
        """The running server's process, or None."""
        written = self._lock_file()
        return int(written[0]) if written and same_process(int(written[0]), self.data) else None

    def port(self) -> int | None:
        """The port that the server was last started on, or None before the first start."""
        kept = self._facts().get("port")
        return int(kept) if kept else None

    def answers(self) -> bool:
        """Whether our own server is up, takes connections and holds the service's database."""
        return self._facts().get("prepared") == "yes" and self.pid() is not None and self._takes_connections()

    def url(self) -> str:
        """SQLAlchemy URL of the service's database; it holds a password."""
        return f"postgresql+psycopg://levy:{self._facts()['password']}@{HOST}:{self.port()}/levy"

    def clients(self) -> int:
        """How many connections are open to the running server; 0 when it does not run."""
        if not self.answers():
            return 0
        facts = self._facts()
        return count_clients(int(facts["port"]), facts["superuser_password"])

    def start(self, follow: bool = False) -> None:
        """Start the server, making the database on the first occasion. Call with the home's lock held.

        Args:
            follow: stop the server when the calling process ends.

        Raises:
            StartFailed: it does not come up.
            HomeRefused: the data is another version's, or cannot be reached.
        """
        identity = choose_identity(self.data, postgres_program("postgres"))
        if not self.data.exists():
            self.home.write(self.name, {"superuser_password": new_password(), "password": new_password()})
            create_cluster(self.data, identity, self._facts()["superuser_password"])
        refuse_other_version(self.data)
        running = self.pid()
        if running is None or not self._wait_until_up(running):
            self._start_until_up(identity, follow)
        facts = self._facts()
        if facts.get("prepared") != "yes":
            prepare_database(int(facts["port"]), facts["superuser_password"], facts["password"])
            self.home.write(self.name, facts | {"prepared": "yes"})

    def stop(self) -> None:
        """Stop the server: connections are cut, what was committed is kept. Insists after ten seconds."""
        if (running := self.pid()) is not None:
            end([running], self.data, signal.SIGINT, patience=10.0)
        self._clear_remains()

    def _start_until_up(self, identity: str, follow: bool) -> None:
        for _ in range(ATTEMPTS):
            self._clear_remains()
            port = choose_port(self._facts().get("port"))
            write_settings(self.data, port)
            self.home.write(self.name, self._facts() | {"port": str(port)})
            command = [str(postgres_program("postgres")), "-D", str(self.data)]
            pid = spawn(command, directory=self.data, log=self.log, identity=identity, follow=follow)
            if self._wait_until_up(pid):
                return
        raise StartFailed(f"PostgreSQL does not start. The end of {self.log}:\n{last_lines(self.log)}")

    def _wait_until_up(self, pid: int) -> bool:
        """Wait for the process to take connections; False when it ended instead.

        Raises:
            StartFailed: it runs on without taking connections.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not is_alive(pid):
                return False
            if self.pid() == pid and self._takes_connections():
                return True
            time.sleep(0.02)
        raise StartFailed(
            f"PostgreSQL (process {pid}) has taken no connection for {START_SECONDS:.0f} s. "
            f"The end of {self.log}:\n{last_lines(self.log)}"
        )

    def _takes_connections(self) -> bool:
        target = f"host={HOST} port={self.port()} connect_timeout=2"
        return pq.PGconn.ping(target.encode()) == pq.Ping.OK

    def _clear_remains(self) -> None:
        """Clear what a killed server leaves: processes that did not notice yet, and the lock file that names it.

        The order matters. The lock file is what keeps a second server off the same data, so it goes last.
        """
        end(working_in(self.data), self.data, signal.SIGQUIT, patience=3.0)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _lock_file(self) -> list[str]:
        """The lines of a running server's lock file, of which the first is its pid; none where there is none."""
        try:
            return (self.data / "postmaster.pid").read_text().split()
        except FileNotFoundError:
            return []

    def _facts(self) -> dict[str, str]:
        return self.home.read().get(self.name, {})
