"""A Celery worker that is strange: of the next release, whose jobs an older one leaves alone, or an hour off.

Run as ``python -m tests.storm.strange_worker next worker ...``; what follows the first word is Celery's.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta

import worker.clock
from worker.jobs import queue, run

HOUR = 3600.0


def next_release() -> None:
    """Writes payloads of the next shape, and reads both."""
    queue.SHAPE = run.SHAPE = queue.SHAPE + 1


def hour_off(sign: int) -> None:
    """All that this process reads of the machine's clock is an hour off."""
    true = time.time
    time.time = lambda: true() + sign * HOUR

    def now(_: worker.clock.SystemClock) -> datetime:
        return datetime.now(worker.clock.SHANGHAI) + sign * timedelta(seconds=HOUR)

    worker.clock.SystemClock.now = now  # type: ignore[method-assign]


STRANGE = {"next": next_release, "fast": lambda: hour_off(1), "slow": lambda: hour_off(-1)}

if __name__ == "__main__":
    STRANGE[sys.argv[1]]()
    from celery.__main__ import main

    sys.argv = ["celery", "-A", "worker.app", *sys.argv[2:]]
    main()
