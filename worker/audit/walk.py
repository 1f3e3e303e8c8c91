"""Walking a chain event by event: what each says against its keyed hash, wherever it was read from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from worker.audit.log import digest_of, event_mac
from worker.keys import Keychain, KeysError


class Link(NamedTuple):
    """A place in a chain: up to which segment and event it goes, and that event's MAC."""

    segments: int
    events: int
    mac: bytes


START = Link(0, 0, b"")


class Row(NamedTuple):
    """An event as it was read, with what its segment says; ``origin`` is None where the segment is missing."""

    position: int
    segment: int
    action: str
    person: int | None
    facts: str
    mac: bytes
    origin: str | None
    more: Any = None
    """What else was read with it, for ``Walk.agrees``."""


@dataclass(frozen=True)
class Flaw:
    """One place where a chain does not hold: chain, event, a sentence, and where they are known segment and person."""

    chain: str
    position: int
    sentence: str
    segment: int | None = None
    person: int | None = None


@dataclass
class Walk:
    """A walk along one chain from the link ``after``: counts, notes flaws, and the MACs at ``wanted`` positions.

    ``agrees`` tells whether a segment's other columns say what its origin says.
    """

    keychain: Keychain
    chain: str
    after: Link = START
    wanted: Collection[int] = ()
    agrees: Callable[[Row, dict[str, Any]], bool] = lambda _row, _said: True
    seen: int = 0
    flaws: list[Flaw] = field(default_factory=list)
    macs: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.end, self._key = self.after, 0
        self._segment: tuple[int, str] | None = None

    def go(self, rows: Iterable[Row]) -> None:
        """Walk on along these events, which are in order."""
        wanted, mac, expected = frozenset(self.wanted), self.end.mac, self.end.events + 1
        digest, origin, segment = None, b"", self.end.segments
        for row in rows:
            gap = row.position != expected
            if gap:
                self._say(row, f"events {expected} to {row.position - 1} are missing", expected)
            if row.origin is None:
                self._say(row, f"segment {row.segment}, which says who acted, is missing")
            else:
                if self._segment != (row.segment, row.origin) or digest is None:
                    digest, origin = self._open(row), row.origin.encode()
                if digest is None:
                    pass  # said already: its key is not known, or the segment is not readable
                elif gap:
                    pass  # what stood before it is gone: it cannot be checked, only what follows can
                elif row.mac != event_mac(
                    digest, mac, origin, row.position, row.action, row.person, row.facts.encode()
                ):
                    self._say(row, "the event, its place or its segment was changed")
            mac, expected, segment = row.mac, row.position + 1, row.segment
            self.seen += 1
            if row.position in wanted:
                self.macs[row.position] = mac
        self.end = Link(segment, expected - 1, mac)

    def _open(self, row: Row) -> Callable[[bytes], bytes] | None:
        """The keyed hash of a segment's key; None, and why is said, where it cannot be known."""
        assert row.origin is not None
        self._segment = (row.segment, row.origin)
        try:
            said = orjson.loads(row.origin)
            number = int(said["key"])
            key = self.keychain.key("audit", number)
        except (ValueError, KeyError, TypeError):
            self._say(row, "its segment is not what this service writes")
            return None
        except KeysError as error:
            self._say(row, str(error))
            return None
        if number < self._key:
            self._say(row, f"it is written with audit key {number}, what stands before it with a later one")
        self._key = max(self._key, number)
        if (said["chain"], said["segment"]) != (self.chain, row.segment) or not self.agrees(row, said):
            self._say(row, "a column of its segment no longer says what the segment says")
        return digest_of(key)

    def _say(self, row: Row, sentence: str, position: int | None = None) -> None:
        self.flaws.append(Flaw(self.chain, position or row.position, sentence, row.segment, row.person))
