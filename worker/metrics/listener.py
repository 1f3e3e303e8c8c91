"""The place where Prometheus asks a process: a listener of its own, that no one meets who comes in by the front."""

from __future__ import annotations

import os
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from config.settings import Settings
from worker.metrics.disks import Disks

_log = structlog.get_logger("metrics")


def listen(settings: Settings, process: str, *also: Collector) -> None:
    """Answer Prometheus at this ``process``'s port, with what it counted and what ``also`` looks up, until it ends.

    Nothing listens where the settings name no port. A port that cannot be had is logged, and the work goes on.
    """
    port = getattr(settings.metrics, process)
    if port is None:
        return
    registry = CollectorRegistry(auto_describe=False)
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        ProcessCollector(registry=registry)
    else:
        registry.register(REGISTRY)
    for one in (Disks(settings), *also):
        registry.register(one)
    try:
        start_http_server(port, settings.metrics.host, registry)
    except OSError as error:
        _log.warning("metrics.not_served", port=port, reason=error.strerror)


def clear() -> None:
    """Forget what workers of before have counted: call it in the parent, before its processes are forked."""
    if place := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        for file in Path(place).glob("*.db"):
            if not file.stem.endswith(f"_{os.getpid()}"):
                file.unlink(missing_ok=True)
