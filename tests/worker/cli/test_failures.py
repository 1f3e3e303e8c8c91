"""At three in the morning: what does not answer is named in a sentence, without a trace, a statement or a password."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ArgumentError, DataError

from tests.worker.intake.conftest import environment
from worker.cli import main
from worker.cli.failures import sentence_of
from worker.database.engine import open_engine

__all__ = ["environment"]

AWAY = "postgresql+psycopg://levy:geheim@127.0.0.1:1/levy_db"
COMMANDS = ["jobs", "jobs replay 1 --reason x", "held", "breaks", "why 1", "check", "status", "report", "health beat"]


Levy = Callable[..., str]


@pytest.fixture
def levy(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Levy:
    """Calls a command as the shell does, which must fail with nothing but a sentence; returns the sentence."""

    def call(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["levy", *arguments])
        monkeypatch.setattr("os.umask", lambda mask: mask)
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 1
        return only_a_sentence(*capfd.readouterr())

    return call


def only_a_sentence(out: str, err: str) -> str:
    assert out == ""
    assert err.startswith("levy: ")
    assert len(err.splitlines()) == 1
    assert not any(word in err for word in ("Traceback", "SELECT", "geheim", "psycopg", "sqlalche.me"))
    return err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_that_is_away_is_named_in_a_sentence(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, levy: Levy, command: str
) -> None:
    monkeypatch.setenv("LEVY_DATABASE_URL", AWAY)
    told = levy(*command.split())
    assert "the database levy_db at 127.0.0.1:1 does not answer" in told
    assert "LEVY_DATABASE_URL" in told


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (["sync"], "the database levy_db at 127.0.0.1:1 does not answer"),
        (["health", "worker"], "the broker at 127.0.0.1:1 does not answer"),
    ],
)
def test_commands_that_speak_to_workers_say_so_too(environment: dict[str, str], command: list[str], named: str) -> None:
    """In a process of their own: the Celery app reads the settings once."""
    settings = os.environ | {"LEVY_DATABASE_URL": AWAY, "LEVY_BROKER_URL": "redis://:geheim@127.0.0.1:1/0"}
    script = f"import sys; from worker.cli import main; sys.argv = ['levy', *{command!r}]; main()"
    told = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True, env=settings)
    assert told.returncode == 1
    assert named in only_a_sentence(told.stdout, told.stderr)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_without_tables_asks_to_be_migrated(
    environment: dict[str, str],
    new_database: Callable[[], AbstractContextManager[str]],
    monkeypatch: pytest.MonkeyPatch,
    levy: Levy,
    command: str,
) -> None:
    with new_database() as url:
        engine = open_engine(url)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
        monkeypatch.setenv("LEVY_DATABASE_URL", url)
        assert "run `levy migrate`" in levy(*command.split())


def test_a_wrong_password_and_a_database_that_is_not_there_are_told_apart(
    database_url: str, monkeypatch: pytest.MonkeyPatch, levy: Levy
) -> None:
    head, name = database_url.rsplit("/", 1)
    for url, meaning in (
        (f"{head}/nowhere", "nowhere at 127.0.0.1"),
        (head.replace(head.split(":")[2].split("@")[0], "geheim") + f"/{name}", "refuses user and password"),
    ):
        monkeypatch.setenv("LEVY_DATABASE_URL", url)
        told = levy("jobs")
        assert meaning in told
        assert "is not there" in told or "refuses" in told


def test_a_url_that_is_none_says_how_one_is_written() -> None:
    assert "postgresql+psycopg://USER" in (sentence_of(ArgumentError("no")) or "")


def test_a_mistake_of_our_own_keeps_its_trace() -> None:
    assert sentence_of(ValueError("a bug")) is None
    assert sentence_of(DataError("SELECT", {}, ValueError("a bug"))) is None
