"""Keys that sign and check messages between peers: ours, and those each peer may sign with."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Algorithm = Literal["ed25519", "hmac-sha256"]
"""As RFC 9421, section 6.2, names them."""


class KeyringError(Exception):
    """A key is missing or cannot be used; the text names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key under its ``id``: an ed25519 key (32 bytes of seed or of public key) or a shared secret.

    ``until`` is the last day on which it opens messages; what it sealed before stays proven for ever.
    """

    id: str
    algorithm: Algorithm
    secret: bytes | None = None
    public: bytes | None = None
    until: date | None = None

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data``. Raises ``KeyringError`` where only the public half is known."""
        if self.secret is None:
            raise KeyringError(f"key {self.id} cannot sign: only its public half is known here")
        if self.algorithm == "hmac-sha256":
            return hmac.digest(self.secret, data, "sha256")
        return Ed25519PrivateKey.from_private_bytes(self.secret).sign(data)

    def fits(self, data: bytes, signature: bytes) -> bool:
        """Whether the signature over ``data`` was made with this key."""
        if self.algorithm == "hmac-sha256":
            return self.secret is not None and hmac.compare_digest(hmac.digest(self.secret, data, "sha256"), signature)
        try:
            Ed25519PublicKey.from_public_bytes(self.public_half()).verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def public_half(self) -> bytes:
        """The 32 bytes that the other side needs of an ed25519 key."""
        if self.public is not None:
            return self.public
        assert self.secret is not None
        return Ed25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True)
class PeerKeys:
    """What is signed with towards one peer, and what it may sign with: several, while keys change over."""

    signs: Key
    opens: Mapping[str, Key]


class Keyring:
    """All keys of this area and of its peers, by area code and key id."""

    def __init__(self, area: str, own: Iterable[Key] = (), peers: Mapping[str, PeerKeys] | None = None) -> None:
        self.area = area
        self._peers = dict(peers or {})
        self._own = {key.id: key for key in own} | {keys.signs.id: keys.signs for keys in self._peers.values()}
        self._holders: dict[str, str] = {}
        for peer, keys in self._peers.items():
            for name in keys.opens:
                if name in self._holders:
                    raise KeyringError(f"key {name} is given to {self._holders[name]} and to {peer}: name keys apart")
                self._holders[name] = peer

    def signer(self, peer: str) -> Key:
        """The key that we sign with towards this peer."""
        return self._peers[peer].signs

    def holder(self, key_id: str, today: date) -> tuple[str, Key] | None:
        """Whose key this is, and the key; None when nobody's, or no longer in use."""
        peer = self._holders.get(key_id)
        if peer is None:
            return None
        key = self._peers[peer].opens[key_id]
        return None if key.until is not None and today > key.until else (peer, key)

    def proves(self, area: str, key_id: str, data: bytes, signature: bytes) -> bool:
        """Whether ``area``, which may be our own, sealed ``data`` with this key, be it in use still or not."""
        keys = self._own if area == self.area else self._peers[area].opens if area in self._peers else {}
        return key_id in keys and keys[key_id].fits(data, signature)
