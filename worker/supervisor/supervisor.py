"""The supervisor: starts processes, brings back those that end, and stops all of them in order.

One thread of its own does all starting and stopping, because the kernel ties a process to the thread that started it
(see ``follow`` in ``launch.py``). If the whole supervisor is killed, the kernel tells each process to stop, and the
guard ends whatever those leave behind.
"""

import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any, Literal, Self

from worker.logfiles import turn_over
from worker.servers import Servers, ServersError, Urls
from worker.servers.process import last_lines
from worker.supervisor.child import Child, ChildState, Running
from worker.supervisor.groups import Groups

TICK_SECONDS = 0.1
SERVERS_SECONDS = 1.0
SERVERS_BACKOFF = 5.0
LOGS_SECONDS = 5.0
FIRST_BACKOFF, LONGEST_BACKOFF = 0.2, 30.0
STEADY_SECONDS = 60.0  # who ran this long starts with a clean slate
FAILED_STARTS = 3  # of one child before all are up: the start is given up


class SupervisorError(RuntimeError):
    """The processes cannot be kept running together; the message names the one and the end of its log."""


@dataclass(frozen=True)
class Event:
    """Something that happened to one process or to the servers, for a log line or a screen."""

    name: str
    what: Literal["started", "ready", "ended", "killed", "stopped", "trouble"]
    detail: str = ""


class Supervisor:
    """Runs the children from ``start`` to ``stop``; also a context manager.

    Args:
        children: what to run; all start at once.
        servers: embedded servers to watch, and to start again when they do not answer.
        log_bytes: how long the log of a child may get before it is put away and a new one begun; None: without end.
        on_event: told what happens, from the supervisor's thread; must return quickly and not raise.
    """

    def __init__(
        self,
        children: Sequence[Child],
        servers: Servers | None = None,
        on_event: Callable[[Event], None] = lambda _: None,
        log_bytes: int | None = None,
    ) -> None:
        self._running = [Running(child) for child in children]
        self._servers = servers
        self._urls: Urls | None = None
        self._servers_due = 0.0
        self._log_bytes, self._logs_due = log_bytes, 0.0
        self._tell = on_event
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._up = threading.Event()
        self._failure: str | None = None
        self._groups = Groups()
        self._before: Callable[[int, FrameType | None], Any] | int | None = None
        self._thread = threading.Thread(target=self._work, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start everything and return once all children are ready.

        Raises:
            SupervisorError: one does not get ready; the others are stopped again.
            ServersError: an embedded server cannot be had.
        """
        if self._servers:
            self._urls = self._servers.ensure()
        self._thread.start()
        self._up.wait()
        self._raise_failure()

    def stop(self) -> None:
        """Stop the children, stage by stage, and return when none is left. The embedded servers stay."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def run(self) -> None:
        """Start, wait for SIGTERM or SIGINT, and stop; a second signal kills at once. Main thread only.

        Raises:
            SupervisorError: the start, or the supervisor itself, failed.
        """

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            (self._hurry if self._stopping.is_set() else self._stopping).set()

        before = {pressed: signal.signal(pressed, on_signal) for pressed in (signal.SIGTERM, signal.SIGINT)}
        try:
            self.start()
            self._stopping.wait()
            self.stop()
            self._raise_failure()
        finally:
            for pressed, handler in before.items():
                signal.signal(pressed, handler)

    def state(self) -> list[ChildState]:
        """How each child is, in the order given."""
        return [running.state() for running in self._running]

    def __enter__(self) -> Self:
        """Start; until the block ends, SIGTERM to this process (on its main thread) leaves the block, and so stops."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        try:
            self.start()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)
            self._before = None
        if error is None:
            self._raise_failure()

    def _raise_failure(self) -> None:
        if self._failure:
            self._thread.join()
            raise SupervisorError(self._failure)

    def _work(self) -> None:
        """The supervisor's thread: watch until told to stop, then take everything down."""
        try:
            while not self._stopping.is_set() and self._failure is None:
                self._watch_servers()
                for running in self._running:
                    self._watch(running)
                self._turn_over_logs()
                if all(running.phase == "ready" for running in self._running):
                    self._up.set()
                self._stopping.wait(TICK_SECONDS)
        except Exception as error:
            self._failure = f"the supervisor itself failed: {error!r}"
        finally:
            self._take_down()
            self._stopping.set()
            self._up.set()

    def _turn_over_logs(self) -> None:
        if self._log_bytes is None or time.monotonic() < self._logs_due:
            return
        self._logs_due = time.monotonic() + LOGS_SECONDS
        for running in self._running:
            turn_over(running.child.log, self._log_bytes)

    def _watch_servers(self) -> None:
        """See that the servers answer. If one came back elsewhere, the children must learn the new address."""
        if self._servers is None or time.monotonic() < self._servers_due:
            return
        self._servers_due = time.monotonic() + SERVERS_SECONDS
        if not self._servers.answer():
            self._tell(Event("servers", "ended"))
            try:
                self._servers.ensure()
            except ServersError as error:
                self._servers_due = time.monotonic() + SERVERS_BACKOFF
                self._tell(Event("servers", "trouble", str(error)))
                return
            self._tell(Event("servers", "ready"))
        if self._servers.urls() != self._urls:
            self._urls = self._servers.urls()
            for running in self._running:
                self._end(running, "the servers have a new address")

    def _watch(self, running: Running) -> None:
        now = time.monotonic()
        if running.phase == "waiting":
            if now >= running.next_start:
                self._groups.add(running.start())
                self._tell(Event(running.child.name, "started"))
        elif (code := running.exit_code()) is not None:
            self._end(running, f"exit code {code}" if code >= 0 else f"signal {-code}")
        elif running.phase == "starting":
            if running.is_ready():
                running.phase = "ready"
                self._tell(Event(running.child.name, "ready", f"{now - running.started_at:.1f} s"))
            elif now - running.started_at > running.child.ready_seconds:
                self._end(running, f"not ready after {running.child.ready_seconds:.0f} s")

    def _end(self, running: Running, why: str) -> None:
        """Clear what is left of a process, and say when to start it again."""
        steady = time.monotonic() - running.started_at > STEADY_SECONDS
        running.failures = 1 if steady else running.failures + 1
        self._kill(running)
        running.phase = "waiting"
        running.next_start = time.monotonic() + min(FIRST_BACKOFF * 2 ** (running.failures - 1), LONGEST_BACKOFF)
        self._tell(Event(running.child.name, "ended", why))
        if not self._up.is_set() and running.failures >= FAILED_STARTS:
            log = running.child.log
            self._failure = f"{running.child.name} does not start ({why}). The end of {log}:\n{last_lines(log)}"

    def _kill(self, running: Running) -> None:
        if (group := running.group) is not None:
            running.kill()
            self._groups.discard(group)

    def _take_down(self) -> None:
        for stage in sorted({running.child.stage for running in self._running}, reverse=True):
            members = [running for running in self._running if running.child.stage == stage]
            for running in members:
                running.ask_to_stop()
            for running in members:
                self._await_end(running)
        self._groups.close()

    def _await_end(self, running: Running) -> None:
        """Give a process its time to stop, then kill what is left of its group."""
        deadline = time.monotonic() + running.child.stop_seconds
        while running.exit_code() is None and running.group and time.monotonic() < deadline:
            if self._hurry.wait(0.02):
                break
        late = running.group is not None and running.exit_code() is None
        self._kill(running)
        running.phase = "stopped"
        self._tell(Event(running.child.name, "killed" if late else "stopped"))
