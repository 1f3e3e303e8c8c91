"""Personal data at rest: encrypted values, and a keyed index by which a value can be found without being stored."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from worker.keyed_hash import keyed_hash

_NONCE = 12


@dataclass(frozen=True)
class Keys:
    """Key material: numbered data keys (32 bytes each, the highest number encrypts), the index key, the audit key."""

    data: dict[int, bytes]
    index: bytes
    audit: bytes


class Vault:
    """Encrypts (AES-256-GCM, a fresh nonce each), decrypts, and indexes (HMAC-SHA-256, 16 bytes) whole columns."""

    def __init__(self, keys: Keys) -> None:
        self._ciphers = {number: AESGCM(key) for number, key in keys.data.items()}
        self._current = max(keys.data)
        self._index_key = keys.index

    def encrypt(self, values: Iterable[str]) -> list[bytes]:
        """Each text encrypted: one byte of key number, the nonce, the ciphertext with its tag."""
        return self.encrypt_bytes([value.encode() for value in values])

    def encrypt_bytes(self, values: Sequence[bytes]) -> list[bytes]:
        """As ``encrypt``, for bytes."""
        cipher, prefix = self._ciphers[self._current], bytes([self._current])
        nonces = os.urandom(_NONCE * len(values))
        return [
            prefix + (nonce := nonces[at * _NONCE : (at + 1) * _NONCE]) + cipher.encrypt(nonce, value, prefix)
            for at, value in enumerate(values)
        ]

    def decrypt(self, values: Iterable[bytes]) -> list[str]:
        """The texts again. Raises ``InvalidTag`` for a forged value, ``KeyError`` for a lost key."""
        return [value.decode() for value in self.decrypt_bytes(values)]

    def decrypt_bytes(self, values: Iterable[bytes]) -> list[bytes]:
        """As ``decrypt``, for bytes."""
        ciphers, start = self._ciphers, 1 + _NONCE
        return [ciphers[value[0]].decrypt(value[1:start], value[start:], value[:1]) for value in values]

    def index(self, values: Iterable[str]) -> list[bytes]:
        """A 16-byte keyed hash of each text, equal for equal texts; the only way to look a person up."""
        digest = keyed_hash(self._index_key)
        return [digest(value.encode())[:16] for value in values]


def mask(value: str) -> str:
    """What a screen or a log may show of an identity or account number: ``6109**********1234``."""
    return value[:4] + "*" * (len(value) - 8) + value[-4:] if len(value) > 10 else "*" * len(value)


def mask_name(value: str) -> str:
    """What a screen may show of a name: the first character, the rest starred."""
    return value[:1] + "*" * (len(value) - 1)
