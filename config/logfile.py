"""A log file that may be put away under the writer's hand: whoever writes next makes it anew."""

from __future__ import annotations

import os
from pathlib import Path


class LogFile:
    """A stream onto ``path`` for any number of processes: one write a line, at the end of whatever bears the name now.

    Who renames the file (``worker.logfiles.turn_over``) loses no line: what is under way ends up in the renamed one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file, self._known = -1, (-1, -1)

    def write(self, text: str) -> int:
        """Append the text in one piece."""
        self._look()
        os.write(self._file, text.encode(errors="backslashreplace"))
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def _look(self) -> None:
        try:
            there = os.stat(self._path)  # noqa: PTH116 - before every line
            if (there.st_dev, there.st_ino) == self._known:
                return
        except FileNotFoundError:
            pass
        if self._file >= 0:
            os.close(self._file)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        opened = os.fstat(self._file)
        self._known = (opened.st_dev, opened.st_ino)
