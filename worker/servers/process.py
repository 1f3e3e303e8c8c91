"""Starting a process that outlives its starter, and knowing later whether it is still the same one."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

LAUNCHER = Path(__file__).with_name("launch.py")


def launch_command(
    command: Sequence[str], *, directory: Path, identity: str = "self", follow: signal.Signals | None = None
) -> list[str]:
    """The command line that runs ``command`` through the launcher (see ``launch.py``).

    Args:
        follow: the signal that it is to get when the calling thread ends; None leaves it running.
    """
    parent = f"{os.getpid()}:{follow.value}" if follow else "0:0"
    return [sys.executable, "-I", "-S", str(LAUNCHER), identity, parent, str(directory), *command]


def spawn(command: Sequence[str], *, directory: Path, log: Path, identity: str = "self", follow: bool = False) -> int:
    """Start ``command`` in a session of its own and return its pid.

    The environment is bare: a server needs none of our settings, and should see none of our secrets.

    Args:
        command: program (absolute path) and arguments.
        directory: working directory, by which ``same_process`` knows it again.
        log: file that its output is appended to, 0600.
        identity: as in ``launch.py``.
        follow: stop it when the calling thread ends, and so when its process is killed.
    """
    stop = signal.SIGINT if follow else None  # PostgreSQL takes SIGTERM for: once all clients have left
    line = launch_command(command, directory=directory, identity=identity, follow=stop)
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    pid = os.posix_spawn(
        line[0],
        line,
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )
    _spawned.add(pid)
    return pid


_spawned: set[int] = set()


def reap() -> None:
    """Clear what is left of ended processes that ``spawn`` started here, and of no other child."""
    for pid in tuple(_spawned):
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG) == (0, 0):
                continue
        _spawned.discard(pid)


def is_alive(pid: int) -> bool:
    """Whether ``pid`` is a process that still runs; one that ended and was not yet waited for does not."""
    reap()
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def same_process(pid: int, directory: Path) -> bool:
    """Whether ``pid`` is alive and works in ``directory``: the number may have gone to another process since."""
    try:
        return is_alive(pid) and Path(psutil.Process(pid).cwd()) == directory.resolve()
    except (psutil.Error, OSError):
        return False


def working_in(directory: Path) -> list[int]:
    """Pids of all living processes whose working directory this is."""
    return [pid for pid in psutil.pids() if same_process(pid, directory)]


def end(pids: Sequence[int], directory: Path, first: signal.Signals, patience: float) -> None:
    """Ask processes of ``directory`` to stop with ``first``, then insist after ``patience`` seconds."""
    for pressed in (first, signal.SIGKILL):
        for pid in pids:
            if same_process(pid, directory):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, pressed)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not any(same_process(pid, directory) for pid in pids):
                return
            time.sleep(0.02)


def last_lines(log: Path, count: int = 8) -> str:
    """The end of a log file, for a message."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
