"""The machine door on a real port, over a house of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn
from sqlalchemy import text

from config.settings import load_settings
from tests.worker.intake.conftest import KEYS, NEIGHBOURS, Desk
from worker.api.app import application
from worker.api.keys import add_key
from worker.clock import SystemClock
from worker.wiring import build_house

DAY = date(2020, 9, 1)


class FixedDay(SystemClock):
    """The day of the season, the moment of the machine."""

    def today(self) -> date:
        return DAY


class Door:
    """The API with a key for every role; ``nudged``: the jobs that workers were told of."""

    def __init__(self, desk: Desk, url: str, nudged: list[int]) -> None:
        self.desk, self.url, self.nudged = desk, url, nudged
        self._numbers = count(1)
        self.key = self.new_key("civil-affairs", "push", "ask", "read", "tax")

    def new_key(self, client: str, *roles: str, days: int = 30) -> str:
        today = SystemClock().now().date()
        with self.desk.engine.begin() as connection:
            made = add_key(
                connection, client, "610922", roles, today, today + timedelta(days), "chen", SystemClock().now()
            )
        return made[0]

    def call(
        self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str
    ) -> requests.Response:
        sent = {"Authorization": f"Bearer {key or self.key}"} | {
            name.replace("_", "-"): it for name, it in headers.items()
        }
        form = {"data": body} if isinstance(body, bytes) else {"json": body}
        return requests.request(method, self.url + path, headers=sent, timeout=60, **form)

    def push(
        self, kind: str, *rows: dict[str, Any], key: str | None = None, once: str | None = None
    ) -> requests.Response:
        return self.call("POST", f"/v1/{kind}", {"rows": rows}, key, Idempotency_Key=once or f"b-{next(self._numbers)}")

    def changes(self, after: int = 0, limit: int = 500) -> dict[str, Any]:
        page: dict[str, Any] = self.call("GET", f"/v1/changes?after={after}&limit={limit}").json()
        return page


@pytest.fixture(scope="module")
def door(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    home: Path = tmp_path_factory.mktemp("api")
    with new_database() as url, pytest.MonkeyPatch.context() as environment:
        places = {"LEVY_DATABASE_URL": url, "LEVY_BROKER_URL": "redis://127.0.0.1:1/0", "LEVY_HOME": str(home)}
        for name, value in {**places, **KEYS, **NEIGHBOURS}.items():
            environment.setenv(name, value)
        settings = load_settings()
        settings = settings.model_copy(update={"api": settings.api.model_copy(update={"calls_a_minute": 100_000})})
        house = build_house(settings)
        house.clock = FixedDay()
        nudged: list[int] = []
        config = uvicorn.Config(application(house, nudged.extend), port=0, log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Door(Desk(house), f"http://127.0.0.1:{port}", nudged)
        server.should_exit = True
        thread.join(60)
        house.engine.dispose()


def scalar(door: Door, statement: str, **values: Any) -> Any:
    with door.desk.engine.connect() as connection:
        return connection.execute(text(statement), values).scalar_one()
