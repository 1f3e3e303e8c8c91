"""The secret keys: numbered, each with its algorithm, from the environment or from a file made on first use.

Three purposes: ``data`` encrypts personal data, ``index`` finds people by a keyed hash, ``audit`` seals the audit log.
Which of them is in use stands in the database (``worker.rotation``); a key may be known before it is, and stays known
until nothing uses it any more.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import orjson

from config.settings import Settings, load_settings

Purpose = Literal["data", "index", "audit"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
CIPHERS = {"aes-256-gcm": 32, "sm4-gcm": 16}
HASHES = {"hmac-sha-256": 32, "hmac-sm3": 32}
ALGORITHMS: Mapping[Purpose, Mapping[str, int]] = {"data": CIPHERS, "index": HASHES, "audit": HASHES}
"""By purpose: the algorithms, the usual one first, and how many bytes their keys have."""
VARIABLES: Mapping[Purpose, str] = {"data": "LEVY_DATA_KEYS", "index": "LEVY_INDEX_KEY", "audit": "LEVY_AUDIT_KEY"}


class KeysError(Exception):
    """A key is missing or cannot be used; without it nothing personal can be read and nothing proven."""


@dataclass(frozen=True, repr=False)
class Key:
    """A secret, its number (1 to 255) and what it is used with."""

    number: int
    algorithm: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.number}, {self.algorithm})"

    def written(self) -> str:
        """As it stands in the environment or the file of keys: ``2:sm4-gcm:<hexadecimal digits>``."""
        return f"{self.number}:{self.algorithm}:{self.secret.hex()}"


Ring = Mapping[int, Key]
Keys = Mapping[Purpose, Ring]


class Keychain:
    """The keys that this process knows. One that it does not know yet is looked for again where the others came from:
    a running worker so hears of a key that was made meanwhile (in the embedded mode)."""

    def __init__(self, keys: Keys, again: Callable[[], Keys] | None = None) -> None:
        self._keys, self._again = keys, again

    def key(self, purpose: Purpose, number: int) -> Key:
        """The key of this number. Raises ``KeysError``."""
        if number not in self._keys[purpose] and self._again is not None:
            self._keys = self._again()
        if number not in self._keys[purpose]:
            raise KeysError(
                f"{purpose} key {number} is in use and this process does not know it: give it in {VARIABLES[purpose]}"
                " as well, and start the process again"
            )
        return self._keys[purpose][number]

    def ring(self, purpose: Purpose) -> Ring:
        """All keys of this purpose, by number."""
        return self._keys[purpose]

    def newest(self, purpose: Purpose) -> Key:
        """The key with the highest number."""
        return self._keys[purpose][max(self._keys[purpose])]


def load_keys(settings: Settings, environment: Mapping[str, str] = os.environ) -> Keychain:
    """The keys from the environment, else from ``keys.json`` in the home (embedded mode only; made with mode 0600).

    Each variable is a list ``NUMBER:ALGORITHM:<hexadecimal digits>,...``; without an algorithm the usual one is meant,
    and digits alone are key 1. Raises ``KeysError``.
    """
    given = {purpose: environment.get(VARIABLES[purpose], "") for purpose in PURPOSES}
    if all(given.values()):
        return Keychain(_parse(given))
    if any(given.values()):
        missing = ", ".join(VARIABLES[purpose] for purpose in PURPOSES if not given[purpose])
        raise KeysError(f"{missing} is not set while other keys are: set all three or none")
    if not settings.embedded:
        raise KeysError(f"set {', '.join(VARIABLES.values())}: keys of its own are made only in the embedded mode")
    return Keychain(_read(settings), lambda: _read(settings))


def algorithm_for(settings: Settings, purpose: Purpose) -> str:
    """The algorithm that new keys of this purpose are for, by the settings."""
    return settings.crypto.cipher if purpose == "data" else settings.crypto.hash


def kept_in_home(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the keys come from the home, so that we may write a new one there; else they come from outside."""
    return not any(environment.get(name) for name in VARIABLES.values())


def new_key(purpose: Purpose, number: int, algorithm: str) -> Key:
    """A fresh random key."""
    return Key(number, algorithm, secrets.token_bytes(ALGORITHMS[purpose][algorithm]))


def keep_in_home(settings: Settings, purpose: Purpose, ring: Ring) -> None:
    """Write the keys of a purpose into the home's file of keys, as a whole or not at all."""
    path = settings.home / "keys.json"
    stored = orjson.loads(_stored(settings.home, settings)) | {purpose: _written(ring)}
    draft = path.with_name(f".keys-{os.getpid()}")
    draft.touch(mode=0o600)
    with draft.open("wb") as out:
        out.write(orjson.dumps(stored))
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)


def neighbour_key(name: str, home: Path, environment: Mapping[str, str] = os.environ) -> str:
    """The service key for ``tax`` or ``treasury``: ``LEVY_TAX_KEY``..., else the home's own (embedded mode)."""
    if given := environment.get(f"LEVY_{name.upper()}_KEY"):
        return given
    return str(orjson.loads(_stored(home))[name])


def _read(settings: Settings) -> Keys:
    stored = orjson.loads(_stored(settings.home, settings))
    return _parse({purpose: stored[purpose] for purpose in PURPOSES})


def _parse(given: Mapping[Purpose, str]) -> Keys:
    return {purpose: {key.number: key for key in map(_one(purpose), given[purpose].split(","))} for purpose in PURPOSES}


def _one(purpose: Purpose) -> Callable[[str], Key]:
    algorithms = ALGORITHMS[purpose]

    def parse(text: str) -> Key:
        number, *algorithm, digits = text.strip().split(":") if ":" in text else ("1", text.strip())
        name = algorithm[0] if algorithm else next(iter(algorithms))
        if name not in algorithms:
            raise KeysError(f"{VARIABLES[purpose]} names {name}: it may be {' or '.join(algorithms)}")
        try:
            key = Key(int(number), name, bytes.fromhex(digits))
        except ValueError:
            raise KeysError(f"a key of {VARIABLES[purpose]} is not written as NUMBER:ALGORITHM:<digits>") from None
        if len(key.secret) != (size := algorithms[name]) or not 1 <= key.number <= 255:
            raise KeysError(
                f"a key of {VARIABLES[purpose]} is not {size} bytes ({2 * size} hexadecimal digits) long, or its number"
                " is not between 1 and 255"
            )
        return key

    return parse


def _written(ring: Ring) -> str:
    return ",".join(ring[number].written() for number in sorted(ring))


def _stored(home: Path, settings: Settings | None = None) -> bytes:
    """The file of keys; made on first use, by the settings' algorithms where a process that has them comes first."""
    path = home / "keys.json"
    if path.exists():
        return path.read_bytes()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = settings or load_settings()
    ours = {purpose: new_key(purpose, 1, algorithm_for(settings, purpose)).written() for purpose in PURPOSES}
    draft = path.with_name(f".keys-{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(orjson.dumps(ours | {name: secrets.token_hex(32) for name in ("tax", "treasury")}))
    try:
        os.link(draft, path)  # only the first of several processes makes the file
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_bytes()
