"""Log lines of several files, in the order of time, and as they come."""

from __future__ import annotations

import heapq
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import orjson

Line = dict[str, Any]
_ENDS = ".log"


def files_of(place: Path, since: float | None = None) -> list[Path]:
    """The log files of a directory; with ``since`` (seconds of the epoch) those that were written to after it."""
    return [path for path in sorted(place.glob(f"*{_ENDS}")) if since is None or path.stat().st_mtime >= since]


def parsed(lines: Iterable[str]) -> Iterator[Line]:
    """The lines that are ours: JSON with a time. What else a process printed is passed over."""
    for text in lines:
        try:
            line = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        if isinstance(line, dict) and isinstance(line.get("timestamp"), str):
            yield line


def in_order(paths: Sequence[Path]) -> Iterator[Line]:
    """All lines of these files by their time; each file is read once, a line at a time."""
    opened = [path.open(encoding="utf-8", errors="replace") for path in paths]
    try:
        yield from heapq.merge(*map(parsed, opened), key=lambda line: line["timestamp"])
    finally:
        for file in opened:
            file.close()


def as_they_come(place: Path, stop: Callable[[], bool], every: float = 0.5) -> Iterator[Line]:
    """Lines that are written from now on, also to files that begin or take another name, until ``stop`` says so."""
    tails = {one.known: one for one in map(_Tail, files_of(place))}
    for tail in tails.values():
        tail.skip()
    while not stop():
        for path in files_of(place):
            try:
                if _same(path) not in tails:
                    tail = _Tail(path)
                    tails[tail.known] = tail
            except FileNotFoundError:  # it was just put away: under its new name it is known
                continue
        fresh = [line for tail in tails.values() for line in parsed(tail.read())]
        yield from sorted(fresh, key=lambda line: line["timestamp"])
        if not fresh:
            time.sleep(every)


def _same(path: Path) -> tuple[int, int]:
    there = path.stat()
    return there.st_dev, there.st_ino


class _Tail:
    """What was added to a file since one last looked, in whole lines."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open(encoding="utf-8", errors="replace")
        there = os.fstat(self._file.fileno())
        self.known = (there.st_dev, there.st_ino)
        self._begun = ""

    def skip(self) -> None:
        """Pass over what is there."""
        self._file.seek(0, 2)

    def read(self) -> list[str]:
        *whole, self._begun = (self._begun + self._file.read()).split("\n")
        return whole
