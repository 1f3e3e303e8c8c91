"""The log as files: JSON lines with their MACs, so that whoever has the files and the key can verify them alone.

A file holds whole segments of one chain and is never written again; the next one goes on from its end. Its lines are:
where it begins, each segment's origin, each event, and at the end up to where it goes, sealed.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import Connection

from worker.audit.anchors import Anchor, contradictions
from worker.audit.log import head_seal
from worker.audit.verify import chain_rows, chains, stub_of
from worker.audit.walk import Flaw, Link, Row, Walk
from worker.keys import Keychain, KeysError

_FORM = "levybridge audit 1"
_NAME = re.compile(r"^audit-(?P<chain>[0-9a-z]+)-(?P<first>\d{12})-(?P<last>\d{12})\.jsonl$")


class FilesError(Exception):
    """The directory of exported files cannot be gone on with; the sentence says what to do."""


def export(connection: Connection, keychain: Keychain, directory: Path) -> tuple[list[Path], list[Flaw]]:
    """Write what the files in ``directory`` do not hold yet, a file for each chain, and check it on the way.

    Returns the new files and the flaws found; a flawed chain is written as it is. Call it in a transaction that sees
    one moment. Raises ``FilesError``, ``OSError``.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    written, flaws = [], []
    held = found_files(directory)
    for chain in chains(connection):
        after = _end_of(held[chain][-1]) if chain in held else stub_of(connection, chain)
        walk = Walk(keychain, chain, after)
        draft = directory / f".audit-{chain}.part"
        with draft.open("wb") as out:
            draft.chmod(0o400)
            _write(out, {"audit": _FORM, "chain": chain, "after": _link(after)})
            walk.go(_copied(out, chain_rows(connection, chain, after.events)))
            _write(out, {"end": _link(walk.end), "seal": _seal(keychain, walk)})
            out.flush()
            os.fsync(out.fileno())
        flaws += walk.flaws
        if walk.seen:
            path = directory / f"audit-{chain}-{after.events + 1:012}-{walk.end.events:012}.jsonl"
            draft.replace(path)
            written.append(path)
        else:
            draft.unlink()
    return written, flaws


def verify_files(
    directory: Path, keychain: Keychain, anchors: Iterable[Anchor] = (), wanted: Mapping[str, int] | None = None
) -> dict[str, Walk]:
    """Walk the files of every chain; each walk says how many events there were, what is wrong, and where it ends.

    ``wanted``: an event of each chain whose MAC is to be noted. Raises ``FilesError`` where there is none, ``OSError``.
    """
    kept: dict[str, list[Anchor]] = defaultdict(list)
    for anchor in anchors:
        kept[anchor.chain].append(anchor)
    walks: dict[str, Walk] = {}
    held = found_files(directory)
    if not held:
        raise FilesError(f"{directory} holds no exported files: `levy audit export {directory}` writes them")
    for chain, paths in held.items():
        positions = {anchor.events for anchor in kept[chain]} | {(wanted or {}).get(chain, 0)}
        walk = walks[chain] = _walk_files(keychain, chain, paths, positions)
        known = [anchor for anchor in kept[chain] if anchor.events <= walk.end.events]  # not exported yet
        walk.flaws += contradictions(keychain, walk, known)
    return walks


def segment_heads(directory: Path) -> Iterator[Anchor]:
    """The last event of each segment in the files, to compare a table with them; without a seal of its own."""
    for chain, paths in found_files(directory).items():
        for path in paths:
            last: Row | None = None
            for row in _read(path).rows:
                if last is not None and last.segment != row.segment:
                    yield Anchor(chain, last.segment, last.position, last.mac, 0, b"", "the export", path.name)
                last = row
            if last is not None:
                yield Anchor(chain, last.segment, last.position, last.mac, 0, b"", "the export", path.name)


def found_files(directory: Path) -> dict[str, list[Path]]:
    """The exported files by chain, in order."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(directory.glob("audit-*.jsonl")):
        if name := _NAME.match(path.name):
            found[name["chain"]].append(path)
    return dict(found)


def digests(paths: Sequence[Path]) -> dict[str, str]:
    """The SHA-256 of each file by its name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


class _File:
    """One file while it is read: ``after`` from its first line, then ``rows``, then ``end`` and ``seal``."""

    def __init__(self, path: Path, lines: IO[bytes]) -> None:
        self._path, self._lines = path, lines
        first = self._said(next(lines, b""))
        if first.get("audit") != _FORM:
            raise FilesError(f"{path} is no exported file of this form")
        self.after = _link_of(first["after"])
        self.end: Link | None = None
        self.seal: Mapping[str, Any] = {}

    @property
    def rows(self) -> Iterator[Row]:
        segment, origin = 0, ""
        for line in self._lines:
            said = self._said(line)
            if "event" in said:
                mac = bytes.fromhex(said["mac"])
                yield Row(said["event"], segment, said["action"], said["person"], said["facts"], mac, origin)
            elif "segment" in said:
                segment, origin = said["segment"], said["origin"]
            elif "end" in said:
                self.end, self.seal = _link_of(said["end"]), said["seal"] or {}

    def _said(self, line: bytes) -> dict[str, Any]:
        with suppress(ValueError):
            if isinstance(said := orjson.loads(line), dict):
                return said
        raise FilesError(f"{self._path} was cut or written over: {len(line)} bytes of it are no line of an export")


def _read(path: Path) -> _File:
    return _File(path, path.open("rb"))


def _walk_files(keychain: Keychain, chain: str, paths: Sequence[Path], wanted: set[int]) -> Walk:
    walk: Walk | None = None
    for path in paths:
        file = _read(path)
        if walk is None:
            walk = Walk(keychain, chain, file.after, wanted)
        elif file.after != walk.end:
            goes_on, ended = file.after.events, walk.end.events
            sentence = f"{path.name} goes on from event {goes_on}, the file before it ends at {ended}"
            walk.flaws.append(Flaw(chain, walk.end.events + 1, sentence, walk.end.segments))
            walk.end = file.after
        walk.go(file.rows)
        if file.end != walk.end or not _sealed(keychain, chain, walk.end, file.seal):
            sentence = f"{path.name} does not end as it was written: its tail was cut or changed"
            walk.flaws.append(Flaw(chain, walk.end.events + 1, sentence, walk.end.segments))
    assert walk is not None
    return walk


def _copied(out: IO[bytes], rows: Iterable[Row]) -> Iterator[Row]:
    segment = None
    for row in rows:
        if row.segment != segment:
            segment = row.segment
            _write(out, {"segment": segment, "origin": row.origin})
        line = {
            "event": row.position, "action": row.action, "person": row.person, "facts": row.facts, "mac": row.mac.hex()
        }  # fmt: skip
        _write(out, line)
        yield row


def _write(out: IO[bytes], line: Mapping[str, Any]) -> None:
    out.write(orjson.dumps(line) + b"\n")


def _link(link: Link) -> dict[str, Any]:
    return {"segments": link.segments, "events": link.events, "mac": link.mac.hex()}


def _link_of(said: Mapping[str, Any]) -> Link:
    return Link(said["segments"], said["events"], bytes.fromhex(said["mac"]))


def _end_of(path: Path) -> Link:
    with path.open("rb") as held:
        held.seek(max(0, path.stat().st_size - 4096))
        last = held.read().splitlines()[-1:]
    with suppress(ValueError, KeyError, IndexError, TypeError):
        return _link_of(orjson.loads(last[0])["end"])
    raise FilesError(f"{path} was cut: put it aside and export to an empty directory")


def _seal(keychain: Keychain, walk: Walk) -> dict[str, Any]:
    key = keychain.newest("audit")
    return {"key": key.number, "mac": head_seal(key, walk.chain, *walk.end).hex()}


def _sealed(keychain: Keychain, chain: str, end: Link, seal: Mapping[str, Any]) -> bool:
    try:
        return bool(head_seal(keychain.key("audit", seal.get("key", 0)), chain, *end).hex() == seal.get("mac"))
    except KeysError:
        return False
