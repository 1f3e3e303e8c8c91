"""One supervised process: how it is started, how it shows that it is ready, how it is taken down."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from worker.servers.process import launch_command

Phase = Literal["starting", "ready", "waiting", "stopped"]


@dataclass(frozen=True)
class Child:
    """What to run.

    Attributes:
        name: short and unique, for people.
        command: program and arguments; the program is an absolute path.
        log: file that its output is appended to; it is told to log there itself, so that the file may be renamed.
        environment: variables on top of the supervisor's own.
        directory: working directory.
        ready_file: removed before each start; the process is ready once it is there again.
        ready: asked about ten times a second; must answer within a fraction of a second. With neither, a process is
            ready as soon as it runs.
        ready_seconds: how long it may take to get ready.
        stage: children of the highest stage are stopped first, those of one stage together: what others depend on
            belongs on a lower one.
        stop_seconds: how long it may take to stop after SIGTERM before its whole group is killed.
    """

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path = field(default_factory=Path.cwd)
    ready_file: Path | None = None
    ready: Callable[[], bool] | None = None
    ready_seconds: float = 30.0
    stage: int = 0
    stop_seconds: float = 15.0


@dataclass(frozen=True)
class ChildState:
    """One supervised process as seen now. ``pid`` is None while it does not run."""

    name: str
    phase: Phase
    pid: int | None
    restarts: int


class Running:
    """A child and the process that it currently is."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.phase: Phase = "waiting"
        self.starts = 0
        self.failures = 0
        self.started_at = 0.0
        self.next_start = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def group(self) -> int | None:
        """The process group, which is the pid of the process that leads it; None while there is none."""
        return self._process.pid if self._process else None

    def start(self) -> int:
        """Start the process and return its group. The kernel ends it if the calling thread ends."""
        child = self.child
        if child.ready_file:
            child.ready_file.unlink(missing_ok=True)
        child.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = launch_command(child.command, directory=child.directory, follow=signal.SIGTERM)
        handle = os.open(child.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
                env={**os.environ, "LEVY_LOG_FILE": str(child.log), **child.environment},
            )
        finally:
            os.close(handle)
        self.phase, self.started_at = "starting", time.monotonic()
        self.starts += 1
        return self._process.pid

    def is_ready(self) -> bool:
        """Whether it shows all the signs of being ready that its child names."""
        seen = self.child.ready_file is None or self.child.ready_file.exists()
        return seen and (self.child.ready is None or self.child.ready())

    def exit_code(self) -> int | None:
        """How the process ended (negative: by that signal), or None while it runs or was never started.

        The process is looked at, not waited for: until ``kill`` clears it, its number can be nobody else's.
        """
        if self._process is None:
            return None
        ended = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process, which takes its own children down in its own order."""
        if self._process:
            os.kill(self._process.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Kill whatever is left of the process and its group."""
        if self._process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def state(self) -> ChildState:
        """As seen now."""
        return ChildState(self.child.name, self.phase, self.group, max(0, self.starts - 1))
