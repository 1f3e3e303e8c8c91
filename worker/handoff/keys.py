"""The keys between us and our peers: public halves from the settings, secrets from the environment or the home."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from adapters.peer.keyring import Key, Keyring, KeyringError, PeerKeys
from config.peers import Peer, PeerKey
from config.settings import Settings


def load_keyring(settings: Settings, environment: Mapping[str, str] = os.environ) -> Keyring:
    """All keys that the settings name. Raises ``KeyringError`` for a secret that is missing or too short.

    ``LEVY_PEER_KEYS`` is ``id:<64 hex digits>[,id:...]``; what is not there is looked for in ``home/peers/ID.key``.
    """
    secrets = _Secrets(settings.home / "peers", environment.get("LEVY_PEER_KEYS", ""))
    peers = {area: _keys_of(area, peer, secrets) for area, peer in settings.peers.items()}
    return Keyring(settings.area, secrets.retired(peers), peers)


class _Secrets:
    def __init__(self, directory: Path, given: str) -> None:
        self._directory = directory
        self._given = dict(part.partition(":")[::2] for part in given.split(",") if part)

    def of(self, name: str) -> bytes:
        text = self._given.get(name) or self._file(name)
        try:
            secret = bytes.fromhex(text)
        except ValueError:
            raise KeyringError(f"peer key {name} is not written as hexadecimal digits") from None
        if len(secret) < 32:
            raise KeyringError(f"peer key {name} is shorter than 32 bytes (64 hexadecimal digits)")
        return secret

    def retired(self, peers: Mapping[str, PeerKeys]) -> list[Key]:
        """Keys of our own that are kept although nothing is signed with them any more: they prove our old steps."""
        used = {keys.signs.id for keys in peers.values()} | {name for keys in peers.values() for name in keys.opens}
        kept = {path.stem for path in self._directory.glob("*.key")} | self._given.keys()
        return [Key(name, "ed25519", secret=self.of(name)) for name in sorted(kept - used) if len(self.of(name)) == 32]

    def _file(self, name: str) -> str:
        path = self._directory / f"{name}.key"
        if not path.is_file():
            raise KeyringError(f"peer key {name} is missing: `levy peers key {name}` makes one, or set LEVY_PEER_KEYS")
        return path.read_text("ascii").strip()


def _keys_of(area: str, peer: Peer, secrets: _Secrets) -> PeerKeys:
    if area == "" or peer.sign_with == "":
        raise KeyringError("a peer has an area code and a key that we sign with")
    opens = {key.id: _key(key, secrets) for key in peer.keys}
    shared = opens.get(peer.sign_with)
    if shared is not None and shared.algorithm != "hmac-sha256":
        raise KeyringError(f"{peer.sign_with} is the key of {area}: we sign with one of our own")
    return PeerKeys(shared or Key(peer.sign_with, "ed25519", secret=secrets.of(peer.sign_with)), opens)


def _key(key: PeerKey, secrets: _Secrets) -> Key:
    if key.algorithm == "ed25519":
        return Key(key.id, "ed25519", public=key.public_bytes, until=key.until)
    return Key(key.id, "hmac-sha256", secret=secrets.of(key.id), until=key.until)
