"""What is looked up when Prometheus asks: the state of database and broker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import structlog
from kombu.connection import Connection as Broker
from kombu.exceptions import KombuError
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from worker.clock import Clock, NoSeason, SystemClock
from worker.house import House
from worker.metrics import declared
from worker.metrics.disks import gauge
from worker.nudging import QUEUE, broker_settings
from worker.report.needs import needs
from worker.report.summary import Summary
from worker.servers import open_servers

_log = structlog.get_logger("metrics")
KEPT_SECONDS = 5.0
"""However many ask, the database is looked at no more often than this."""
_TOWN = ("planned", "enrolled", "paid", "unpaid", "free", "sponsored")
_FUND = ("sponsored", "netted", "granted", "paid_out", "under_way", "held")


class State(Collector):
    """The installation as it stands. ``season`` gives the figures of everybody that are kept, None before the first."""

    def __init__(self, house: House, season: Callable[[Connection], Summary | None]) -> None:
        self._house, self._season = house, season
        self._lock = threading.Lock()
        self._kept: list[Metric] = []
        self._until = 0.0

    def describe(self) -> Iterable[Metric]:
        """Nothing: being registered is no reason to look."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """As it is now, or was ``KEPT_SECONDS`` ago."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._kept = [*self._database(), *self._broker()]
                self._until = time.monotonic() + KEPT_SECONDS
            return self._kept

    def _database(self) -> list[Metric]:
        try:
            with self._house.engine.connect() as connection:
                found = [*self._looked_up(connection), *self._needs(connection), *self._figures(connection)]
        except SQLAlchemyError as error:
            _log.warning("metrics.no_database", reason=type(error).__name__)
            return [gauge(declared.DATABASE_UP, [((), 0.0)])]
        return [gauge(declared.DATABASE_UP, [((), 1.0)]), *found]

    def _looked_up(self, connection: Connection) -> Iterator[Metric]:
        settings = self._house.settings
        values = {
            "area": settings.area,
            "neighbours": ["tax", "treasury", *(f"peer {area}" for area in sorted(settings.peers))],
            "today": _today(self._house.clock),
        }
        for one in declared.LOOKED_UP:
            rows = connection.execute(text(one.query), values).all()
            yield gauge(one[:3], ((tuple(map(str, row[:-1])), float(row[-1])) for row in rows))

    def _needs(self, connection: Connection) -> Iterator[Metric]:
        waiting = needs(connection, self._house.law.area)
        yield gauge(declared.NEEDS, (((what,), float(count)) for what, count in waiting.items()))

    def _figures(self, connection: Connection) -> Iterator[Metric]:
        season = self._season(connection)
        if season is None:
            return
        for head, figure in ((declared.MONEY, "asked"), (declared.ITEMS, "items")):
            yield gauge(head, (((one["what"], one["state"]), float(one[figure])) for one in season.money))
        people = (((town["name"], name), float(town[name])) for town in season.towns for name in _TOWN)
        yield gauge(declared.PEOPLE, people)
        funds = (((fund["source"], name), float(fund[name])) for fund in season.funds for name in _FUND)
        yield gauge(declared.FUND, funds)

    def _broker(self) -> list[Metric]:
        queued = _queued(open_servers(self._house.settings).urls().broker)
        up = gauge(declared.BROKER_UP, [((), float(queued is not None))])
        return [up] if queued is None else [up, gauge(declared.QUEUED, [((), float(queued))])]


def _today(clock: Clock) -> Any:
    try:
        return clock.today()
    except NoSeason:
        return SystemClock().today()


def _queued(url: str) -> int | None:
    """Messages that wait in the broker; None where it does not answer."""
    options = broker_settings(url)["broker_transport_options"]
    with Broker(url, connect_timeout=2, transport_options=options) as broker:  # type: ignore[no-untyped-call]
        try:
            broker.ensure_connection(max_retries=1, timeout=2)
            return int(broker.default_channel.queue_declare(QUEUE, passive=True).message_count)
        except broker.channel_errors:
            return 0  # nobody has published yet
        except (KombuError, OSError, *broker.connection_errors):
            return None
