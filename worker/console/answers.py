"""What-ifs computed beside the pages, and kept for a while: nobody waits for one, and no list asks everybody twice."""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from threading import Lock, Thread
from urllib.parse import quote

from worker.report.whatif import Considered

_MOST = 4
_FRESH_SECONDS = 60.0
"""For so long the same question gets the answer that it had."""


@dataclass
class _Kept:
    """An answer, and until when the same question gets it again: not before it was there for a while."""

    answer: Future[Considered] = field(default_factory=Future)
    until: float = math.inf


class Answers:
    """The newest what-ifs of this process, one computed at a time, each by a name that an address can carry."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock, self._turn = Lock(), Lock()

    def ask(self, question: str, compute: Callable[[], Considered], patience: float) -> tuple[str, Considered]:
        """The name of the answer and the answer.

        Raises ``TimeoutError`` while it is on its way after so many seconds, and once what ``compute`` raised.
        """
        name = hashlib.sha256(question.encode()).hexdigest()[:12]
        with self._lock:
            kept = self._kept.get(name)
            if kept is None or time.monotonic() > kept.until:
                kept = self._kept[name] = self._begin(compute)
                self._kept.move_to_end(name)
                if len(self._kept) > _MOST:
                    self._kept.popitem(last=False)[1].answer.cancel()
        try:
            return name, kept.answer.result(patience)
        except TimeoutError:
            raise
        except CancelledError:  # so many were asked for meanwhile
            raise TimeoutError from None
        except Exception:
            self._kept.pop(name, None)
            raise

    def _begin(self, compute: Callable[[], Considered]) -> _Kept:
        """In a thread that a console which is told to stop does not wait for."""
        kept = _Kept()

        def work() -> None:
            with self._turn:
                if kept.answer.set_running_or_notify_cancel():
                    try:
                        kept.answer.set_result(compute())
                    except Exception as error:
                        kept.answer.set_exception(error)
            kept.until = time.monotonic() + _FRESH_SECONDS

        Thread(target=work, name="whatif", daemon=True).start()
        return kept

    def find(self, name: str) -> Considered | None:
        """An answer that is still kept."""
        kept = self._kept.get(name)
        return kept.answer.result() if kept and kept.answer.done() and not kept.answer.exception() else None


def address(answer: str, group: str, figure: str, side: str = "either") -> str:
    """Where the people behind a figure are listed."""
    return f"/policies/whatif/{answer}/{group}/{quote(figure, safe='')}/{side}"
