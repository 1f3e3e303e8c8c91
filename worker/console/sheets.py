"""Files that were looked at and wait for the click that takes them in: in memory, for whoever brought them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

_MOST_BYTES = 256 * 1024 * 1024


@dataclass
class Sheets:
    """One file for each session, the newest few: a file that is gone is chosen anew. Nothing of it is on any disk."""

    _kept: OrderedDict[str, tuple[int, Any]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def keep(self, session: str, size: int, looked: Any) -> None:
        """Keep what this session looked at last, of ``size`` bytes; what is oldest goes for it."""
        with self._lock:
            self._kept.pop(session, None)
            self._kept[session] = size, looked
            while len(self._kept) > 1 and sum(each for each, _ in self._kept.values()) > _MOST_BYTES:
                self._kept.popitem(last=False)

    def take(self, session: str) -> Any:
        """Hand it out, once; None where it is gone."""
        with self._lock:
            return self._kept.pop(session, (0, None))[1]
