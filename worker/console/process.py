"""The console as a process: listens as the settings say, and serves until it is told to stop."""

from __future__ import annotations

from config.logging import configure_logging
from config.settings import load_settings
from worker.console.app import application
from worker.console.figures import Figures
from worker.metrics.counting import Watched
from worker.metrics.listener import listen
from worker.metrics.lookup import State
from worker.peer_door.process import serve
from worker.secret_faults import refuse_faulty
from worker.wiring import build_house


def run() -> None:
    """Serve the console of the installation that the settings describe. Raises ``SecretsRefused``."""
    settings = load_settings()
    refuse_faulty(settings)
    configure_logging("console")
    house, console = build_house(settings), settings.console
    listen(settings, "console", State(house, Figures(house).now))
    serve(Watched(application(house), "console"), console.host, console.port, proxies=console.proxies)
