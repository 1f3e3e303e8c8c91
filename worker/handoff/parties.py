"""The two sides of a case as the house knows them: keys, and the way to each peer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.peer.keyring import Keyring
from adapters.peer.port import PeerPort


@dataclass(frozen=True)
class Peers:
    """The keyring of this area, and a port to each peer by its area code."""

    keyring: Keyring
    ports: Mapping[str, PeerPort] = field(default_factory=dict)

    def port(self, area: str) -> PeerPort:
        """The way to a peer. Raises ``UnknownPeer``."""
        if area not in self.ports:
            known = ", ".join(sorted(self.ports)) or "none"
            raise UnknownPeer(f"{area} is no peer of ours: the settings' `peers` name {known}")
        return self.ports[area]


class UnknownPeer(Exception):
    """An area is named that the settings know no installation of."""
