"""Choosing a port on this machine that stays the same from start to start."""

import secrets
import socket
from collections import deque

HOST = "127.0.0.1"
# Below the range from which the kernel lends ports to outgoing connections: a server that is down for a moment
# finds its port still free when it comes back.
RANGE = range(20000, 30000)
_given: deque[int] = deque(maxlen=1000)
"""Given out last by this process: whoever was given one may not listen yet, and another must not get it meanwhile."""


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
    """The port used last time if it is still free, else another, which this process has not given out just before."""
    if kept and is_free(int(kept)):
        port = int(kept)
    else:
        while (port := secrets.choice(RANGE)) in _given or not is_free(port):
            pass
    _given.append(port)
    return port
