"""The disks of a process, looked at when Prometheus asks."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from config.settings import Settings
from worker.metrics import declared


class Disks(Collector):
    """How full the disks are that a process of these settings writes to."""

    def __init__(self, settings: Settings) -> None:
        tax = {"tax_files": settings.tax_drop} if settings.tax.kind == "files" else {}
        self._places: dict[str, Path] = {
            "home": settings.home, "drop": settings.drop, "heads": settings.anchors.parent, **tax,
        }  # fmt: skip

    def describe(self) -> Iterable[Metric]:
        """Nothing: being registered is no reason to look."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Each place that is there."""
        told = {(name,): shutil.disk_usage(place) for name, place in self._places.items() if place.exists()}
        yield gauge(declared.DISK_FREE, ((label, float(disk.free)) for label, disk in told.items()))
        yield gauge(declared.DISK_SIZE, ((label, float(disk.total)) for label, disk in told.items()))


def gauge(head: tuple[str, str, tuple[str, ...]], values: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
    """A figure that was looked up; ``head``: its name, what it says, the names of its labels."""
    family = CounterMetricFamily if head[0].endswith("_total") else GaugeMetricFamily
    found = family(head[0], head[1], labels=head[2])
    for labels, value in values:
        found.add_metric(labels, value)
    return found
