"""The supervisor's end of the pipe to the guard."""

import os
import subprocess
import sys
from pathlib import Path

GUARD = Path(__file__).with_name("guard.py")


class Groups:
    """The process groups now running, also noted with the guard, which ends them should we be killed."""

    def __init__(self) -> None:
        self._noted: set[int] = set()
        self._guard: subprocess.Popen[bytes] | None = None

    def add(self, group: int) -> None:
        """Note a group that was just started."""
        self._noted.add(group)
        self._write(f"+{group}\n")

    def discard(self, group: int) -> None:
        """Strike off a group of which nothing runs any more: its number may go to somebody else."""
        self._noted.discard(group)
        self._write(f"-{group}\n")

    def close(self) -> None:
        """Let the guard go home."""
        if self._guard and self._guard.stdin:
            self._guard.stdin.close()
            self._guard.wait()
            self._guard = None

    def _write(self, line: str) -> None:
        if self._guard is None or not self._hand_over(line):
            self._start()
            self._hand_over("".join(f"+{group}\n" for group in self._noted))

    def _hand_over(self, lines: str) -> bool:
        """Write to the guard; False when there is none to read it."""
        if self._guard is None or self._guard.stdin is None or self._guard.poll() is not None:
            return False
        try:
            self._guard.stdin.write(lines.encode())
            self._guard.stdin.flush()
        except BrokenPipeError:
            return False
        return True

    def _start(self) -> None:
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath},
        )
