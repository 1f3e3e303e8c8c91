"""The life of a few people, played once without a fault: the database before each step, and all books after it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from tests.databases import as_superuser, superuser
from tests.faults.life import STEPS, Step, World, books, drain, lists
from tests.faults.points import Crash, Points
from tests.worker.flows.stage import Stage
from tests.worker.intake.conftest import KEYS, NEIGHBOURS
from worker.servers import Servers

_UNTOUCHED = Points("none")


@dataclass
class Played:
    """A step, the database and the neighbours as they were before it, and all books as they were after it."""

    place: int
    step: Step
    database: str
    world: dict[str, Any]
    after: dict[str, Any]
    points: list[tuple[str, str]] | None = None
    """All that it passes, once that was looked at."""


class Life:
    """Plays steps on copies, struck at one point."""

    def __init__(self, servers: Servers, patch: pytest.MonkeyPatch, begun: str) -> None:
        self._servers, self._patch = servers, patch
        self.played: list[Played] = []
        self._copies: list[str] = []
        self._enter(begun)
        world, database = World(), begun
        stage = world.house(_UNTOUCHED)
        lists(stage)
        for place, step in enumerate(STEPS):
            stage.house.engine.dispose()
            copy, kept = self._copy(database), deepcopy(world.kept)
            step.before(stage)
            _run(stage, place, step)
            self.played.append(Played(place, step, copy, kept, books(stage, world)))
        stage.house.engine.dispose()

    def points(self, played: Played, kind: str) -> list[str]:
        """The names of the points of this kind that the step passes when nothing strikes it."""
        if played.points is None:
            played.points, undisturbed = self.strike(played, "crash", None)
            assert undisturbed == played.after, "a copy is played like the life itself"
        return [name for of, name in played.points if kind in (of, "crash")]

    def strike(self, played: Played, kind: str, at: int | None) -> tuple[list[tuple[str, str]], dict[str, Any]]:
        """The points that were passed, and the books after the work was taken up again and done to its end."""
        with self._on_copy(played.database):
            world, points = World(played.world), Points(kind)
            stage = world.house(points, self._end_backend)
            played.step.before(stage)
            points.passed.clear()
            points.at = at
            try:
                _run(stage, played.place, played.step)
            except (Crash, DBAPIError, psycopg.OperationalError):
                if kind == "crash":  # another process takes over; the dead one's connections end with it
                    stage.house.engine.dispose()
                    stage = world.house(_UNTOUCHED)
                drain(stage)
                _run(stage, played.place, played.step)
            points.at, passed = None, list(points.passed)
            found = books(stage, world)
            stage.house.engine.dispose()
        return passed, found

    def close(self) -> None:
        """Drop the copies."""
        for name in self._copies:
            as_superuser(self._servers, f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def _on_copy(self, database: str) -> Iterator[None]:
        name = self._copy(database)
        self._enter(name)
        yield
        as_superuser(self._servers, f"DROP DATABASE {name} WITH (FORCE)")
        self._copies.remove(name)

    def _copy(self, database: str) -> str:
        name = f"life_{secrets.token_hex(6)}"
        as_superuser(self._servers, f"CREATE DATABASE {name} TEMPLATE {database} OWNER levy")
        self._copies.append(name)
        return name

    def _enter(self, database: str) -> None:
        url = self._servers.ensure(follow=True).database.rsplit("/", 1)[0] + f"/{database}"
        self._patch.setenv("LEVY_DATABASE_URL", url)

    def _end_backend(self, pid: int) -> None:
        with superuser(self._servers) as link:
            link.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))


def _run(stage: Stage, place: int, step: Step) -> None:
    """The step's work, in more rounds than one where it has more kinds: what one finds late comes with the next."""
    for number in range(2 * len(step.ticks) - 1):
        stage._ticks = 1000 * place + 100 * number  # beat asks again under the same name, and it is done once
        stage.tick(step.day, *step.ticks)
        drain(stage)


@pytest.fixture(scope="module")
def life(
    servers: Servers,
    new_database: Callable[[], AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Life]:
    """The life, played once."""
    home: Path = tmp_path_factory.mktemp("life")
    with pytest.MonkeyPatch.context() as patch, new_database() as url:
        fixed = {"LEVY_BROKER_URL": "redis://127.0.0.1:1/0", "LEVY_HOME": str(home / "home")}
        for name, value in {**fixed, "LEVY_DROP_DIR": str(home / "drop"), **KEYS, **NEIGHBOURS}.items():
            patch.setenv(name, value)
        played = Life(servers, patch, url.rsplit("/", 1)[1])
        yield played
        played.close()
