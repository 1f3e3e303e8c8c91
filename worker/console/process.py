"""The console as a process: listens as the settings say, and serves until it is told to stop."""

from __future__ import annotations

from config.logging import configure_logging
from config.settings import load_settings
from worker.console.app import application
from worker.peer_door.process import serve
from worker.secret_faults import refuse_faulty
from worker.wiring import build_house


def run() -> None:
    """Serve the console of the installation that the settings describe. Raises ``SecretsRefused``."""
    settings = load_settings()
    refuse_faulty(settings)
    configure_logging("console")
    console = settings.console
    serve(application(build_house(settings)), console.host, console.port, proxies=console.proxies)
