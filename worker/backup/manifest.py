"""What a backup says of itself: what it is of, how far its books went, and how to tell that it is whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson

from worker.keyed_hash import keyed_hash
from worker.keys import PURPOSES, Key, Keychain, KeysError

DUMP, MANIFEST = "database.dump", "manifest.json"
_BLOCK = 1 << 20


class NotABackup(Exception):
    """A directory that holds no backup of ours, or one that is not whole; the sentence says what is wrong."""


@dataclass(frozen=True)
class Manifest:
    """Of one backup. ``heads``: of each audit chain its events and the MAC of the last. ``keys``: marks of the keys
    without which the backup cannot be read; the keys themselves are not in it.
    """

    made_at: datetime
    area: str
    insured_year: int
    revision: str
    sha256: str
    size: int
    heads: Mapping[str, tuple[int, str]]
    last_numbers: Mapping[str, int]
    rows: Mapping[str, int]
    keys: Mapping[str, str]


def write(directory: Path, manifest: Manifest, keys: Keychain) -> None:
    """Write the manifest beside the dump, sealed with the audit key."""
    body = orjson.dumps(asdict(manifest), option=orjson.OPT_SORT_KEYS)
    sealed = {"manifest": orjson.loads(body), "seal": _seal(body, keys.newest("audit"))}
    path = directory / MANIFEST
    path.touch(mode=0o600)
    path.write_bytes(orjson.dumps(sealed, option=orjson.OPT_INDENT_2))


def read(directory: Path, keys: Keychain) -> Manifest:
    """The manifest of a backup that is whole and that these keys can read. Raises ``NotABackup``."""
    try:
        sealed = orjson.loads((directory / MANIFEST).read_bytes())
        content = sealed["manifest"]
        manifest = Manifest(**content | {"made_at": datetime.fromisoformat(content["made_at"])})
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise NotABackup(f"{directory} holds no {MANIFEST} that can be read ({type(error).__name__})") from None
    if missing := sorted(name for name, mark in manifest.keys.items() if marks(keys).get(name) != mark):
        raise NotABackup(
            f"this backup needs other keys than are set here ({', '.join(missing)}): its personal data or its audit"
            " log could not be read. Set the keys that were in use when it was made"
        )
    try:
        key = keys.key("audit", int(sealed["seal"].partition(":")[0]))
        sound = sealed["seal"] == _seal(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), key)
    except (KeyError, ValueError, KeysError):
        sound = False
    if not sound:
        raise NotABackup(f"{directory / MANIFEST} was changed since it was written: its seal does not fit")
    dump = directory / DUMP
    if not dump.is_file() or digest(dump) != manifest.sha256:
        raise NotABackup(f"{dump} is not the file that was written: its checksum is another one")
    return manifest


def marks(keys: Keychain) -> dict[str, str]:
    """A mark of each key, by which it is recognised and from which it cannot be told."""
    return {
        f"{purpose} key {number}": keyed_hash(key.secret)(b"levybridge backup").hex()[:16]
        for purpose in PURPOSES
        for number, key in keys.ring(purpose).items()
    }


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def _seal(body: bytes, key: Key) -> str:
    return f"{key.number}:{keyed_hash(key.secret, key.algorithm)(b'levybridge manifest ' + body).hex()}"
