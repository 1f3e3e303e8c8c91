"""The last one out: ends process groups whose supervisor is gone.

Run as a program of its own (``python -I -S guard.py``), reading lines ``+GROUP`` and ``-GROUP`` from the supervisor.
When the pipe closes, be it that the supervisor was killed with no time to clean up, every group still noted gets
SIGTERM, and after a grace SIGKILL. A clean stop notes every group off first, so that nothing is left to do.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

GRACE_SECONDS = 5.0


def press(groups: Iterable[int], pressed: signal.Signals) -> None:
    """Send a signal to each group that still has a process."""
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, pressed)


def remaining(groups: Iterable[int]) -> list[int]:
    """The groups that still have a process."""
    left = []
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, 0)
            left.append(group)
    return left


def main() -> None:
    """Note groups on and off until the pipe closes, then end what is left."""
    os.setsid()
    for pressed in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(pressed, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    press(groups, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while remaining(groups) and time.monotonic() < deadline:
        time.sleep(0.05)
    press(groups, signal.SIGKILL)


if __name__ == "__main__":
    main()
