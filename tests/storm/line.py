"""A line between us and a neighbour that fails by a seed: it refuses, delays, drips, cuts, and swallows replies."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_REQUEST = ("refuse", "delay", "half a request")
_REPLY = ("drip", "cut", "swallow", "hang up")
_HOLD = 30.0
"""Seconds that a swallowed reply keeps the caller waiting, who hangs up long before."""


class Line:
    """Stands at ``port`` of this machine before the neighbour at ``to``; ``struck`` counts what it did."""

    def __init__(self, to: int, rng: random.Random, faults: int, probability: float = 0.05) -> None:
        self._to, self._rng, self._left, self._probability = to, rng, faults, probability
        self.struck: Counter[str] = Counter()
        self.port = 0

    async def listen(self) -> asyncio.Server:
        """Begin to take connections."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(server.sockets[0].getsockname()[1])
        return server

    def _fate(self) -> str:
        if self._left <= 0 or self._rng.random() >= self._probability:
            return "pass"
        self._left -= 1
        fate = self._rng.choice(_REQUEST + _REPLY)
        self.struck[fate] += 1
        return fate

    async def _serve(self, ours: asyncio.StreamReader, us: asyncio.StreamWriter) -> None:
        writers = [us]
        try:
            theirs, them = await asyncio.open_connection("127.0.0.1", self._to)
            writers.append(them)
            call = _Call(self._fate)
            ways = [asyncio.create_task(call.there(ours, them)), asyncio.create_task(call.back(theirs, us))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass  # the neighbour is not there: so is the line
        finally:
            for writer in writers:
                writer.transport.abort()


class _Call:
    """One connection, whose requests follow one another; what befalls each is drawn when it begins."""

    def __init__(self, draw: object) -> None:
        self._draw, self._answered, self._fate = draw, True, "pass"

    async def there(self, ours: asyncio.StreamReader, them: asyncio.StreamWriter) -> None:
        while data := await ours.read(65536):
            if self._answered:
                self._answered, self._fate = False, self._draw()  # type: ignore[operator]
            if self._fate == "refuse":
                return
            if self._fate == "delay":
                await asyncio.sleep(0.7)
            them.write(data[: len(data) // 2] if self._fate == "half a request" else data)
            await them.drain()
            if self._fate == "half a request":
                return

    async def back(self, theirs: asyncio.StreamReader, us: asyncio.StreamWriter) -> None:
        while data := await theirs.read(65536):
            self._answered = True
            if self._fate == "hang up":
                return
            if self._fate == "swallow":
                await asyncio.sleep(_HOLD)
                return
            if self._fate == "drip":
                for at in range(0, min(len(data), 60), 3):
                    us.write(data[at : at + 3])
                    await us.drain()
                    await asyncio.sleep(0.3)
                data = data[60:]
            us.write(data[: len(data) // 2] if self._fate == "cut" else data)
            await us.drain()
            if self._fate == "cut":
                return


@contextmanager
def lines(to: dict[str, int], seed: int, faults: int) -> Iterator[dict[str, Line]]:
    """A line before each neighbour, by name, in a thread of its own until the block ends."""
    found = {name: Line(port, random.Random(f"{seed} {name}"), faults) for name, port in to.items()}
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="lines", daemon=True)
    thread.start()
    try:
        for line in found.values():
            asyncio.run_coroutine_threadsafe(line.listen(), loop).result(10)
        yield found
    finally:
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _cancel_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*others, return_exceptions=True)
