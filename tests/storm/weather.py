"""Weather over a season: what is killed, stopped, emptied, filled or taken away, all drawn beforehand from a seed.

A blow belongs to a round and comes some seconds after its beginning, or with the next round when that is sooner. Rounds
go on until the last blow: so every storm strikes all of them, however fast the machine is.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import psutil
import redis

from worker.servers import Servers
from worker.servers.process import working_in

STRANGE = ("next", "fast", "slow")
"""Workers beside ours: one of the next release, or with a clock that is off."""
_LONGEST_STOP = 7.0
"""Longer than the lease of a storm (4 s)."""
BLOWS = 9
_BACK_SECONDS = 300.0
"""How long a blow waits for what it strikes to be back, on a machine that is busy with others."""


@dataclass(frozen=True)
class Blow:
    """What strikes in which round (from 0), how many seconds after its beginning, and how long it lasts if it does."""

    round: int
    after: float
    what: str
    seconds: float


def draw(seed: int, rounds: int, own_disk: bool) -> list[Blow]:
    """The blows of a storm: every kind is as likely; one storm in twenty takes the database away for a minute."""
    rng = random.Random(seed)
    kinds = [kind for kind in BLOW if own_disk or kind != "the disk full"]
    blows = [
        Blow(rng.randrange(rounds), rng.uniform(0.1, 2.5), rng.choice(kinds), rng.uniform(0.5, _LONGEST_STOP))
        for _ in range(BLOWS)
    ]
    if seed % 20 == 0:
        blows.append(Blow(rng.randrange(rounds), 0.5, "the database away", 60.0))
    return sorted(blows, key=lambda blow: (blow.round, blow.after))


def tax_faults(seed: int) -> list[dict[str, object]]:
    """How the tax system fails meanwhile: replies late, lost, cut or wrong, before and after their effect; and rows."""
    rng, rows = random.Random(f"{seed} tax"), random.Random(f"{seed} rows")
    kinds = (
        "timeout_before_effect", "timeout_after_effect", "error_before_effect", "error_after_effect", "bad_gateway",
        "too_many_requests", "unavailable", "cut_body", "invalid_json", "gateway_timeout", "drip",
    )  # fmt: skip
    return [
        {"kind": kind, "probability": 0.03, "count": rng.randint(1, 3), "seconds": rng.choice((1, 6))}
        for kind in rng.sample(kinds, rng.randint(2, 6))
    ] + [
        {"kind": kind, "operation": operation, "count": 1, "skip": rows.randint(0, 3)}
        for kind, operation in rows.sample(_OF_ROWS, 3)
    ]


_OF_ROWS: list[tuple[str, str]] = [
    *product(("missing_acknowledgement", "foreign_acknowledgement"), ("submit_dues", "void_dues", "declare_sponsor")),
    ("duplicate_line", "payments"),
]
"""What tax gets wrong of single rows: not answered, another's in their place, told twice; and of which operation."""


@dataclass
class Weather:
    """Strikes from a thread of its own; ``told`` is what it did, in order."""

    servers: Servers
    disk: Path | None
    blows: list[Blow]
    pids: Callable[[], dict[str, int]] = dict
    """The processes of the season that run just now, by name. Nobody else's are struck."""
    told: list[str] = field(default_factory=list)
    _round: int = -1
    _begun: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)
    """Set when all has been struck that could be."""
    _end: threading.Event = field(default_factory=threading.Event)

    def day(self, *told: Any) -> None:
        """A round of the season begins."""
        self._round, self._begun = self._round + 1, time.monotonic()

    def blow(self) -> None:
        """Strike all blows, each when its time has come, and return after the last."""
        try:
            for blow in self.blows:
                while not self._due(blow):
                    if self._end.wait(0.05):
                        return
                deadline = time.monotonic() + _BACK_SECONDS
                while not self._struck(blow) and time.monotonic() < deadline:  # just gone, and not back yet
                    if self._end.wait(0.1):
                        return
        finally:
            self.over.set()

    def end(self) -> None:
        """No more blows."""
        self._end.set()

    def _due(self, blow: Blow) -> bool:
        late = time.monotonic() >= self._begun + blow.after
        return self._round > blow.round or (self._round == blow.round and late)

    def _struck(self, blow: Blow) -> bool:
        with suppress(psutil.Error, OSError, redis.RedisError, LookupError):
            BLOW[blow.what](self, blow.seconds)
            self.told.append(blow.what)
            return True
        return False

    def _kill_child(self, _: float) -> None:
        self._at_work()[-1].kill()

    def _kill_workers(self, _: float) -> None:
        psutil.Process(self.pids()["worker"]).kill()

    def _stop_child(self, seconds: float) -> None:
        self._stopped([self._at_work()[-1]], seconds)

    def _kill_beat(self, _: float) -> None:
        psutil.Process(self.pids()["beat"]).kill()

    def _kill_neighbour(self, seconds: float) -> None:
        psutil.Process(self.pids()["tax" if seconds > _LONGEST_STOP / 2 else "treasury"]).kill()

    def _kill_broker(self, _: float) -> None:
        psutil.Process(working_in(self.servers.valkey.data)[0]).kill()

    def _stop_broker(self, seconds: float) -> None:
        self._stopped([psutil.Process(working_in(self.servers.valkey.data)[0])], seconds)

    def _empty_broker(self, _: float) -> None:
        with redis.Redis.from_url(self.servers.urls().broker, socket_timeout=2) as client:
            client.flushall()

    def _kill_database(self, _: float) -> None:
        os.kill(self._postmaster(), signal.SIGKILL)

    def _restart_database(self, _: float) -> None:
        os.kill(self._postmaster(), signal.SIGINT)

    def _kill_backend(self, _: float) -> None:
        backends = [one for one in _children(self._postmaster()) if "levy levy" in " ".join(one.cmdline())]
        backends[-1].kill()  # the others of the same server are ended too, and it recovers

    def _hold_database(self, seconds: float) -> None:
        postmaster = psutil.Process(self._postmaster())
        self._stopped([postmaster, *_children(postmaster.pid)], seconds)

    def _take_database_away(self, seconds: float) -> None:
        with self.servers.home.lock():  # whoever would start it waits for this
            self.servers.postgres.stop()
            self._end.wait(seconds)

    def _fill_disk(self, seconds: float) -> None:
        assert self.disk is not None
        ballast, room = self.disk / "ballast", os.statvfs(self.disk)
        try:
            with ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, max(1, room.f_bavail * room.f_frsize - 65536))
            self._end.wait(seconds)
        finally:
            ballast.unlink(missing_ok=True)

    def _at_work(self) -> list[psutil.Process]:
        """The processes that work, of all workers; not those that lead them."""
        leaders = [pid for name, pid in self.pids().items() if name in ("worker", *STRANGE)]
        return [child for leader in leaders for child in psutil.Process(leader).children()]

    def _postmaster(self) -> int:
        if (pid := self.servers.postgres.pid()) is None:
            raise IndexError("it does not run")
        return pid

    def _stopped(self, processes: list[psutil.Process], seconds: float) -> None:
        try:
            for process in processes:
                process.suspend()
            self._end.wait(seconds)
        finally:
            for process in processes:
                with suppress(psutil.Error):
                    process.resume()


def _children(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


BLOW: dict[str, Callable[[Weather, float], None]] = {
    "a child killed": Weather._kill_child,
    "all workers killed": Weather._kill_workers,
    "a child stopped": Weather._stop_child,
    "beat killed": Weather._kill_beat,
    "a neighbour killed": Weather._kill_neighbour,
    "the broker killed": Weather._kill_broker,
    "the broker stopped": Weather._stop_broker,
    "the broker emptied": Weather._empty_broker,
    "the database killed": Weather._kill_database,
    "the database restarted": Weather._restart_database,
    "a backend killed": Weather._kill_backend,
    "the database hanging": Weather._hold_database,
    "the database away": Weather._take_database_away,
    "the disk full": Weather._fill_disk,
}
