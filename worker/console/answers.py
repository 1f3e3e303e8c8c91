"""What-ifs computed beside the pages, and kept for a while: nobody waits for one, and no list asks everybody twice."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from urllib.parse import quote

from worker.report.whatif import Considered

_KEPT = 4
_FRESH_SECONDS = 60.0
"""For so long the same question gets the answer that it had."""


class Answers:
    """The newest what-ifs of this process, one computed at a time, each by a name that an address can carry."""

    def __init__(self) -> None:
        self._at_work = ThreadPoolExecutor(max_workers=1, thread_name_prefix="whatif")
        self._kept: OrderedDict[str, tuple[float, Future[Considered]]] = OrderedDict()
        self._lock = Lock()

    def ask(self, question: str, compute: Callable[[], Considered], patience: float) -> tuple[str, Considered]:
        """The name of the answer and the answer.

        Raises ``TimeoutError`` while it is on its way after so many seconds, and once what ``compute`` raised.
        """
        name = hashlib.sha256(question.encode()).hexdigest()[:12]
        with self._lock:
            asked_at, answer = self._kept.get(name, (0.0, None))
            if answer is None or (answer.done() and time.monotonic() - asked_at > _FRESH_SECONDS):
                answer = self._at_work.submit(compute)
                self._kept[name] = time.monotonic(), answer
                self._kept.move_to_end(name)
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)[1][1].cancel()
        try:
            return name, answer.result(patience)
        except TimeoutError:
            raise
        except Exception:
            self._kept.pop(name, None)
            raise

    def find(self, name: str) -> Considered | None:
        """An answer that is still kept."""
        _, answer = self._kept.get(name, (0.0, None))
        return answer.result() if answer and answer.done() and not answer.exception() else None


def address(answer: str, group: str, figure: str, side: str = "either") -> str:
    """Where the people behind a figure are listed."""
    return f"/policies/whatif/{answer}/{group}/{quote(figure, safe='')}/{side}"
