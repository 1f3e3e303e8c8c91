"""Heads of the chains, kept outside the database: whoever has the whole of it, and even the key, cannot change those.

A head is one line: the chain, how far it went, its last MAC, when. A file takes a line per head and is only ever
appended to (put it on a WORM mount); peers keep them too (``worker.audit.peers``).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, text

from worker.audit.log import head_seal
from worker.audit.walk import Flaw, Walk
from worker.keys import Keychain, KeysError

_HEADS = text("SELECT chain, segments, events, head, key, seal FROM audit_chain WHERE events > 0 ORDER BY chain")
_TAIL = 256 * 1024


@dataclass(frozen=True)
class Anchor:
    """A head as it is kept somewhere; ``place`` says where, ``at`` when, in ISO 8601.

    ``seal`` is empty for what an exported file says of a segment: the file's own MACs prove it.
    """

    chain: str
    segments: int
    events: int
    head: bytes
    key: int
    seal: bytes
    at: str
    place: str = ""

    def wire(self) -> dict[str, Any]:
        """As a line of a file, or on the wire between peers."""
        return {
            "at": self.at, "chain": self.chain, "events": self.events, "head": self.head.hex(), "key": self.key,
            "seal": self.seal.hex(), "segments": self.segments,
        }  # fmt: skip


def anchor_of(line: Mapping[str, Any], place: str) -> Anchor:
    """An anchor from its line. Raises ``KeyError``, ``ValueError`` or ``TypeError`` for a line that is none."""
    head, seal = bytes.fromhex(line["head"]), bytes.fromhex(line["seal"])
    return Anchor(
        str(line["chain"]), int(line["segments"]), int(line["events"]), head, int(line["key"]), seal,
        str(line["at"]), place,
    )  # fmt: skip


def read_heads(connection: Connection, now: datetime) -> list[Anchor]:
    """The head of every chain as it is now."""
    return [
        Anchor(row.chain, row.segments, row.events, bytes(row.head), row.key, bytes(row.seal), now.isoformat())
        for row in connection.execute(_HEADS)
    ]


def append_heads(path: Path, heads: Iterable[Anchor]) -> int:
    """Append a line for each head that the file does not end with already, and wait until the disk has them.

    The file is opened for appending only, as a WORM mount asks. Returns how many lines there were. Raises ``OSError``.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "wb") as out:
        fcntl.flock(out, fcntl.LOCK_EX)
        last = {anchor.chain: anchor for anchor in _tail(path)}
        news = [
            head
            for head in heads
            if (old := last.get(head.chain)) is None or old.wire() | {"at": ""} != head.wire() | {"at": ""}
        ]
        cut = os.fstat(out.fileno()).st_size and not _ends_with_newline(path)
        lines = b"".join(orjson.dumps(head.wire(), option=orjson.OPT_SORT_KEYS) + b"\n" for head in news)
        if lines:
            out.write((b"\n" if cut else b"") + lines)
            out.flush()
            os.fsync(out.fileno())
    return len(news)


def last_anchored(path: Path) -> dict[str, Anchor]:
    """The newest head of each chain at the end of a file; empty where the file is not there or cannot be read."""
    try:
        return {anchor.chain: anchor for anchor in _tail(path)}
    except OSError:
        return {}


def read_anchors(path: Path) -> tuple[list[Anchor], list[Flaw]]:
    """All heads of a file, and a flaw for each line that is none. Raises ``OSError``."""
    anchors, flaws = [], []
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                anchors.append(anchor_of(orjson.loads(line), f"{path.name}, line {number},"))
            except (ValueError, KeyError, TypeError):
                if line.strip():
                    flaws.append(Flaw("", 0, f"line {number} of {path} is no head: it was cut or written over"))
    return anchors, flaws


def contradictions(keychain: Keychain, walk: Walk, anchors: Sequence[Anchor]) -> list[Flaw]:
    """Where a chain is not the one whose heads are kept: it was cut, or rewritten, between which two of them.

    Heads from before the walk began cannot be compared, and those that this service did not seal tell only that.
    """
    good, flaws = walk.after.events, []
    for anchor in sorted(anchors, key=lambda one: (one.events, one.at)):
        if anchor.seal and not _ours(keychain, anchor):
            sentence = f"{anchor.place} keeps a head that this service did not seal"
            flaws.append(_flaw(walk, anchor.events, sentence, anchor))
        elif anchor.events < walk.after.events:
            continue
        elif anchor.events > walk.end.events:
            sentence = f"{anchor.place} keeps the head of event {anchor.events} of {anchor.at}: the tail was cut"
            flaws.append(_flaw(walk, walk.end.events + 1, sentence, anchor))
            break
        elif walk.macs.get(anchor.events) == anchor.head:
            good = anchor.events
        else:
            sentence = (
                f"events {good + 1} to {anchor.events} are not those of {anchor.at}, of which {anchor.place} keeps the"
                " head: the chain was rewritten, with the key"
            )
            flaws.append(_flaw(walk, good + 1, sentence, anchor))
            break
    return flaws


def _flaw(walk: Walk, position: int, sentence: str, anchor: Anchor) -> Flaw:
    return Flaw(walk.chain, position, sentence, anchor.segments)


def _ours(keychain: Keychain, anchor: Anchor) -> bool:
    try:
        key = keychain.key("audit", anchor.key)
    except KeysError:
        return False
    return head_seal(key, anchor.chain, anchor.segments, anchor.events, anchor.head) == anchor.seal


def _tail(path: Path) -> list[Anchor]:
    with path.open("rb") as held:
        held.seek(max(0, os.fstat(held.fileno()).st_size - _TAIL))
        found = []
        for line in held.read().splitlines():
            try:
                found.append(anchor_of(orjson.loads(line), ""))
            except (ValueError, KeyError, TypeError):
                continue
    return found


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as held:
        held.seek(-1, os.SEEK_END)
        return held.read(1) == b"\n"
