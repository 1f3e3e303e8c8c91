"""How a simulator process is started, found by others, and stopped."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

import click
import uvicorn
from starlette.types import ASGIApp

from adapters.simulators.book import BookMismatch


@dataclass(frozen=True, slots=True)
class Start:
    """What a simulator is started with."""

    book: Path
    seed: int | None
    today: date
    key: str
    settings: dict[str, Any]
    drop: Path | None = None
    """A drop directory to answer files in."""


class _Server(uvicorn.Server):
    """Stops at once on SIGTERM: a neighbour that hangs on a line is no reason to wait, the book is safe.

    Beside the requests it does what the application calls its ``watch``, if it has one.
    """

    watching: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        watch = getattr(getattr(self.config.app, "state", None), "watch", None)
        if watch is not None:
            self.watching = asyncio.create_task(watch())

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = self.force_exit = True


def command(name: str, key_variable: str, make: Callable[[Start], ASGIApp]) -> click.Command:
    """The command line of a simulator; ``make`` builds its application."""

    @click.command(name, help=f"Simulate the {name}: an own process with an own book.")
    @click.option("--host", default="127.0.0.1", show_default=True)
    @click.option("--port", default=0, help="0 takes a free one and prints it.")
    @click.option("--port-file", type=click.Path(path_type=Path), help="Where to write the port once it listens.")
    @click.option("--book", type=click.Path(path_type=Path), required=True, help="The directory of its book.")
    @click.option("--seed", type=int, help="Of a new book (2021 if not given); one begun before keeps its own.")
    @click.option("--today", default="2020-08-31", show_default=True, help="The business day of a new book.")
    @click.option("--key-file", type=click.Path(path_type=Path, exists=True), help=f"Else the key is ${key_variable}.")
    @click.option("--settings", type=click.Path(path_type=Path, exists=True), help="Payers and faults, as JSON.")
    @click.option("--drop", type=click.Path(path_type=Path), help="Tax only: also answer files in this directory.")
    def run(
        host: str,
        port: int,
        port_file: Path | None,
        book: Path,
        seed: int | None,
        today: str,
        key_file: Path | None,
        settings: Path | None,
        drop: Path | None,
    ) -> None:
        key = key_file.read_text("utf-8").strip() if key_file else os.environ.get(key_variable, "")
        if not key:
            raise click.ClickException(f"The simulator needs a key: set {key_variable} or give --key-file.")
        try:
            wanted = json.loads(settings.read_bytes()) if settings else {}
            if not isinstance(wanted, dict):
                raise ValueError(f"The settings in {settings} are not a JSON object.")
            application = make(Start(book, seed, date.fromisoformat(today), key, wanted, drop))
        except (BookMismatch, ValueError) as error:
            raise click.ClickException(str(error)) from error
        serve(application, host, port, port_file)

    return run


def serve(application: ASGIApp, host: str, port: int, port_file: Path | None) -> None:
    """Listen, say where, and serve until a signal."""
    # Batches come and go as thousands of plain dicts without cycles: looking for them costs a sixth of the time.
    gc.set_threshold(500_000, 20, 100)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=256)
    taken = listener.getsockname()[1]
    if port_file is not None:
        draft = port_file.with_suffix(".part")
        draft.write_text(f"{taken}\n", "utf-8")
        draft.replace(port_file)
    sys.stdout.write(f"{taken}\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        application,
        log_level="error",
        access_log=False,
        lifespan="off",
        loop="uvloop",
        http="httptools",
        ws="none",
        # Longer than a client keeps an idle connection, or a request may meet the hanging up and end in doubt.
        timeout_keep_alive=300,
    )
    _Server(config).run(sockets=[listener])
