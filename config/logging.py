"""Structured logs: JSON lines with one vocabulary, for every process of the service."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any, TextIO, cast

import orjson
import structlog

from config.logfile import LogFile
from config.traces import add_trace, drop_arguments, log_what_ends_us, without_numbers


def configure_logging(process: str, stream: TextIO | None = None, level: str = "info") -> None:
    """Log to ``stream`` as JSON lines that name the ``process``; the standard library's logs go the same way.

    Without a stream: to the file that ``LEVY_LOG_FILE`` names, else to standard error.

    No line holds what failing code was working on (``config.traces``).
    """
    if stream is None:
        file = os.environ.get("LEVY_LOG_FILE")
        stream = cast(TextIO, LogFile(Path(file))) if file else sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            *shared,
            add_trace,
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[drop_arguments, structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                add_trace,
                structlog.processors.JSONRenderer(serializer=_line),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    log_what_ends_us(process)


def _line(event: Any, **_: Any) -> str:
    return without_numbers(orjson.dumps(event, default=str).decode())
