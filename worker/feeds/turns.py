"""Pages of a feed settled two at a time: the next one is begun while the one before is being written."""

from __future__ import annotations

import threading
from types import TracebackType


class Overtaken(Exception):
    """The page before was not booked, or another worker has followed the feed: nothing of this page may stay."""


class Turn:
    """A page's place in the row, used around its transaction: ``with turn, work.begin() as connection``.

    A page locks what it changes only when the one before has locked all of its own, so that of two pages that touch
    the same person the earlier comes first; and it moves the cursor only when the one before has been committed. From
    ``has_locked`` on a page waits for no row that a later page may hold. So nobody waits in a circle.
    """

    def __init__(self, before: Turn | None = None) -> None:
        self._before = before
        self._locked, self._over = threading.Event(), threading.Event()
        self._booked = False

    def may_lock(self, alone: bool = False) -> None:
        """Wait until the page before has its locks; ``alone``: until it is over, because this one builds on it."""
        if self._before:
            (self._before._over if alone else self._before._locked).wait()

    def has_locked(self) -> None:
        """All rows that this page changes are locked."""
        self._locked.set()

    def may_end(self) -> None:
        """Wait until the page before is committed. Raises ``Overtaken`` when it was not."""
        if self._before:
            self._before._over.wait()
            if not self._before._booked:
                raise Overtaken
            self._before = None

    def __enter__(self) -> Turn:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._booked = kind is None
        self._locked.set()
        self._over.set()
