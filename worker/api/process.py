"""The machine door as a process."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from config.logging import configure_logging
from config.settings import load_settings
from worker.api.app import application
from worker.metrics.counting import Watched
from worker.metrics.listener import listen
from worker.nudging import client, tell
from worker.peer_door.process import serve
from worker.secret_faults import refuse_faulty
from worker.servers import open_servers
from worker.wiring import build_house


def run(port_file: Path | None = None) -> None:
    """Serve the API of the installation that the settings describe. Raises ``SecretsRefused``."""
    settings = load_settings()
    refuse_faulty(settings)
    if settings.api.host not in ("127.0.0.1", "localhost", "::1") and not settings.api.behind_proxy:
        raise SystemExit("levy: the API would be heard in clear: listen on 127.0.0.1, or set api.behind_proxy")
    configure_logging("api")
    house = build_house(settings)
    workers = client(open_servers(settings).ensure().broker)
    listen(settings, "api")
    door = Watched(application(house, partial(tell, workers)), "api")
    serve(door, settings.api.host, settings.api.port, port_file)
