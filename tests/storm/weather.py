"""Weather over a season: from a seed, something of ours is killed, stopped or emptied every few seconds."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import redis

from tests.journeys.played import processes_of, workers_of
from worker.servers.process import working_in

SETTINGS = "lease_seconds: 4\nnudge_grace_seconds: 3\nsweep_seconds: 1\n"
"""Short enough that a process stopped for longer than its lease comes back during the season."""
_LONGEST_STOP = 9.0
_BLOWS = 12
"""A storm ends: what starts anew takes seconds, and who is struck all the time gets nothing done."""


def tax_faults(rng: random.Random) -> list[dict[str, object]]:
    """How the tax system fails meanwhile: replies late, lost, cut or wrong, before and after their effect."""
    kinds = (
        "timeout_before_effect", "timeout_after_effect", "error_before_effect", "error_after_effect", "bad_gateway",
        "too_many_requests", "unavailable", "cut_body", "invalid_json",
    )  # fmt: skip
    return [
        {"kind": kind, "probability": 0.03, "count": rng.randint(1, 4), "seconds": rng.choice((1, 6))}
        for kind in rng.sample(kinds, rng.randint(2, len(kinds)))
    ]


@dataclass
class Weather:
    """Called again and again while a season runs; ``told`` is what it did."""

    home: Path
    rng: random.Random
    told: list[str] = field(default_factory=list)
    _next: float = 0.0
    _stopped: list[tuple[float, psutil.Process]] = field(default_factory=list)

    def __call__(self, season: psutil.Process) -> None:
        now = time.monotonic()
        self._let_go(now)
        workers = workers_of(season)
        if (
            len(workers) < 2
            or not (self.home / "worker.ready").exists()
            or now < self._next
            or len(self.told) == _BLOWS
        ):
            return
        self._next = now + self.rng.uniform(1.0, 6.0)
        name = self.rng.choice(list(_EVENTS))
        with suppress(psutil.Error, OSError, redis.RedisError, IndexError):  # just gone, or not back yet
            _EVENTS[name](self, season, workers)
            self.told.append(name)

    def end(self) -> None:
        """Let go whatever is still stopped."""
        self._let_go(float("inf"))

    def _let_go(self, now: float) -> None:
        for due, process in [one for one in self._stopped if one[0] <= now]:
            self._stopped.remove((due, process))
            with suppress(psutil.Error):
                process.resume()

    def kill_child(self, _: psutil.Process, workers: list[psutil.Process]) -> None:
        self.rng.choice(workers[1:]).kill()

    def kill_workers(self, _: psutil.Process, workers: list[psutil.Process]) -> None:
        workers[0].kill()

    def stop_child(self, _: psutil.Process, workers: list[psutil.Process]) -> None:
        child = self.rng.choice(workers[1:])
        child.suspend()
        self._stopped.append((time.monotonic() + self.rng.uniform(0.5, _LONGEST_STOP), child))

    def kill_beat(self, season: psutil.Process, _: list[psutil.Process]) -> None:
        processes_of(season, "celery -A worker.app beat")[0].kill()

    def kill_broker(self, *_: object) -> None:
        psutil.Process(self.rng.choice(working_in(self.home / "broker"))).kill()

    def empty_broker(self, *_: object) -> None:
        facts = json.loads((self.home / "servers.json").read_bytes())["broker"]
        client = redis.Redis("127.0.0.1", int(facts["port"]), password=str(facts["password"]))
        client.flushall()
        client.close()


_EVENTS: dict[str, Callable[[Weather, psutil.Process, list[psutil.Process]], None]] = {
    "a child killed": Weather.kill_child,
    "all workers killed": Weather.kill_workers,
    "a child stopped": Weather.stop_child,
    "beat killed": Weather.kill_beat,
    "the broker killed": Weather.kill_broker,
    "the broker emptied": Weather.empty_broker,
}
