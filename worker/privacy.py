"""Personal data at rest: encrypted values, and a keyed index by which a value can be found without being stored.

A value begins with the number of its key. Which keys are written with stands in the table ``crypto_key``: whoever
encrypts or looks somebody up opens a ``Seal`` in their transaction, and no key is changed before that transaction ends.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, text

from worker.keyed_hash import keyed_hash
from worker.keys import Key, Keychain, KeysError, Purpose

KEYS_IN_USE = 610_922_001
"""The advisory lock that is shared by whoever seals, and held alone by whoever changes the keys."""
_NONCE, _TAG = 12, 16
_LONG_NUMBER = re.compile(r"\d{14,}[\dXx]")
_SHARE = text("SELECT pg_advisory_xact_lock_shared(:lock)")
_CURRENT = text("SELECT purpose, number, fingerprint FROM crypto_key WHERE state = 'current'")
_FIRST = text(
    "INSERT INTO crypto_key (purpose, number, algorithm, fingerprint, state)"
    " VALUES (:purpose, :number, :algorithm, :fingerprint, 'current') ON CONFLICT DO NOTHING"
)

Encrypt = Callable[[bytes, bytes, bytes], bytes]
Decrypt = Callable[[bytes, bytes, bytes], bytes]


@dataclass(frozen=True)
class Seal:
    """Encrypts (a fresh nonce each) and indexes (16 bytes of a keyed hash) whole columns, within one transaction."""

    data: Key
    index_key: Key

    def encrypt(self, values: Iterable[str]) -> list[bytes]:
        """Each text encrypted: one byte of key number, the nonce, the ciphertext with its tag."""
        return self.encrypt_bytes([value.encode() for value in values])

    def encrypt_bytes(self, values: Sequence[bytes]) -> list[bytes]:
        """As ``encrypt``, for bytes."""
        cipher, prefix = _ciphers(self.data)[0], bytes([self.data.number])
        nonces = os.urandom(_NONCE * len(values))
        return [
            prefix + (nonce := nonces[at * _NONCE : (at + 1) * _NONCE]) + cipher(nonce, value, prefix)
            for at, value in enumerate(values)
        ]

    def index(self, values: Iterable[str]) -> list[bytes]:
        """One byte of key number and 16 of a keyed hash of each text, equal for equal texts; the only way to look a
        person up."""
        digest, prefix = keyed_hash(self.index_key.secret, self.index_key.algorithm), bytes([self.index_key.number])
        return [prefix + digest(value.encode())[:16] for value in values]

    def index_one(self, value: str) -> bytes:
        """The index of a single text."""
        return self.index([value])[0]


class Vault:
    """Reads what was sealed with any key that is known, and opens seals."""

    def __init__(self, keychain: Keychain) -> None:
        self.keychain = keychain

    def sealing(self, connection: Connection) -> Seal:
        """The keys in use, for the rest of this transaction. The first ever are the newest that are known.

        Raises ``KeysError`` for a key that is in use and not known here, or known otherwise than it was used before.
        """
        connection.execute(_SHARE, {"lock": KEYS_IN_USE})
        found = {row.purpose: row for row in connection.execute(_CURRENT)}
        if not {"data", "index"} <= found.keys():
            for purpose in ("data", "index"):
                connection.execute(_FIRST, _row(purpose, self.keychain.newest(purpose)))
            found = {row.purpose: row for row in connection.execute(_CURRENT)}
        return Seal(*(self._known(purpose, found[purpose]) for purpose in ("data", "index")))

    def decrypt(self, values: Iterable[bytes]) -> list[str]:
        """The texts again. Raises ``InvalidTag`` for a forged value, ``KeysError`` for a lost key."""
        return [value.decode() for value in self.decrypt_bytes(values)]

    def decrypt_bytes(self, values: Iterable[bytes]) -> list[bytes]:
        """As ``decrypt``, for bytes."""
        opened: list[bytes] = []
        number, cipher = -1, None
        for value in values:
            if value[0] != number or cipher is None:
                number = value[0]
                cipher = _ciphers(self.keychain.key("data", number))[1]
            opened.append(cipher(value[1 : 1 + _NONCE], value[1 + _NONCE :], value[:1]))
        return opened

    def _known(self, purpose: Purpose, row: object) -> Key:
        key = self.keychain.key(purpose, row.number)  # type: ignore[attr-defined]
        if fingerprint(key) != bytes(row.fingerprint):  # type: ignore[attr-defined]
            raise KeysError(f"{purpose} key {key.number} is not the one that this database was written with")
        return key


def fingerprint(key: Key) -> bytes:
    """Eight bytes by which a key is known again, and from which nothing of it can be learnt."""
    return keyed_hash(key.secret)(b"levybridge key check " + key.algorithm.encode())[:8]


def _row(purpose: Purpose, key: Key) -> dict[str, object]:
    return {
        "purpose": purpose, "number": key.number, "algorithm": key.algorithm, "fingerprint": fingerprint(key)
    }  # fmt: skip


@lru_cache(maxsize=32)
def _ciphers(key: Key) -> tuple[Encrypt, Decrypt]:
    """To encrypt and to decrypt: (nonce, text, what is authenticated beside it)."""
    if key.algorithm == "aes-256-gcm":
        aes = AESGCM(key.secret)
        return aes.encrypt, aes.decrypt
    sm4 = algorithms.SM4(key.secret)

    def encrypt(nonce: bytes, value: bytes, beside: bytes) -> bytes:
        context = Cipher(sm4, modes.GCM(nonce)).encryptor()
        context.authenticate_additional_data(beside)
        return context.update(value) + context.finalize() + context.tag

    def decrypt(nonce: bytes, value: bytes, beside: bytes) -> bytes:
        context = Cipher(sm4, modes.GCM(nonce, value[-_TAG:])).decryptor()
        context.authenticate_additional_data(beside)
        return context.update(value[:-_TAG]) + context.finalize()

    return encrypt, decrypt


def mask(value: str) -> str:
    """What a screen or a log may show of an identity or account number: ``6109**********1234``."""
    return value[:4] + "*" * (len(value) - 8) + value[-4:] if len(value) > 10 else "*" * len(value)


def mask_name(value: str) -> str:
    """What a screen may show of a name: the first character, the rest starred."""
    return value[:1] + "*" * (len(value) - 1)


def mask_numbers(sentence: str) -> str:
    """A sentence that others had a hand in, with what could be an identity or account number masked."""
    return _LONG_NUMBER.sub(lambda found: mask(found[0]), sentence)
