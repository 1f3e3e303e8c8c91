"""Choosing a port on this machine that stays the same from start to start."""

import secrets
import socket

HOST = "127.0.0.1"
# Below the range from which the kernel lends ports to outgoing connections: a server that is down for a moment
# finds its port still free when it comes back.
RANGE = range(20000, 30000)


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def choose_port(kept: str | None) -> int:
    """The port used last time if it is still free, else another."""
    if kept and is_free(int(kept)):
        return int(kept)
    while not is_free(port := secrets.choice(RANGE)):
        pass
    return port
