"""The door as a process: listens, says where, and serves until it is told to stop."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from config.logging import configure_logging
from config.settings import load_settings
from worker.peer_door.app import application
from worker.secret_faults import refuse_faulty
from worker.wiring import build_house


def run(port_file: Path | None = None) -> None:
    """Serve the door of the installation that the settings describe. Raises ``NoPeers``, ``SecretsRefused``."""
    settings = load_settings()
    if not settings.peers:
        raise NoPeers("no peers are set, so nobody may come in: docs/handoffs.md says how to name one")
    refuse_faulty(settings)
    configure_logging("door")
    serve(application(build_house(settings)), settings.peer_door.host, settings.peer_door.port, port_file)


class NoPeers(Exception):
    """A door that nobody may come in by."""


def serve(door: ASGIApp, host: str, port: int, port_file: Path | None = None, proxies: Sequence[str] = ()) -> None:
    """Listen on ``host`` and ``port`` (0: any free one, written to ``port_file``) until a signal.

    What is being answered is finished first, so that no peer is left in doubt by a restart. Who asks is believed to be
    whom ``proxies`` name in their headers; without any, who is connected.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=64)
    if port_file is not None:
        draft = port_file.with_suffix(".part")
        draft.write_text(f"{listener.getsockname()[1]}\n", "ascii")
        draft.replace(port_file)
    config = uvicorn.Config(
        door,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        # Longer than a client keeps an idle connection, or a request may meet the hanging up and end in doubt.
        timeout_keep_alive=300,
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run(sockets=[listener])
