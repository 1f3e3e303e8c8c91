"""`levy doctor` says what is wrong and what to do; no process starts with secrets that are none."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from socket import socket

import pytest
import yaml
from click.testing import CliRunner
from sqlalchemy import Engine

from config.settings import load_settings
from tests.adapters.raw_server import raw_server, reply
from tests.worker.intake.conftest import environment
from tests.worker.jobs.stopped import stopped
from worker.cli.doctor import command
from worker.secret_faults import faults_of_secrets
from worker.servers import Servers

__all__ = ["environment"]

ADMIN = (
    "INSERT INTO operator (login, name, roles, password, password_since, must_change, added_by, added_at)"
    " VALUES ('chen', '陈', '{admin}', 'x', now(), false, 'root', now())"
)
Told = dict[str, list[tuple[bool, str]]]


def doctor() -> tuple[int, Told]:
    """Its exit code, and by check whether all is well and what it says."""
    told = CliRunner().invoke(command, ["--json"])
    assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
    by_check: Told = {}
    for line in told.output.splitlines():
        found = json.loads(line)
        by_check.setdefault(found["check"], []).append((found["well"], f"{found['says']} {found['do']}"))
    return told.exit_code, by_check


def answering(seconds_off: float = 0) -> Callable[[socket], None]:
    """A neighbour whose clock is off by so much."""

    def script(connection: socket) -> None:
        connection.sendall(reply("404 Not Found", b"{}", f"Date: {formatdate(time.time() + seconds_off, usegmt=True)}"))

    return script


@pytest.fixture
def well(environment: dict[str, str], engine: Engine, broker_url: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An installation with a broker and a beat; its neighbours are up to the test."""
    monkeypatch.setenv("LEVY_BROKER_URL", broker_url)
    put(engine, "INSERT INTO heartbeat VALUES ('sweep', now())")
    put(engine, ADMIN)
    return engine


def put(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_an_installation_that_is_well_has_nothing_to_mend(well: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(answering()) as (url, _):
        monkeypatch.setenv("LEVY_TAX_URL", url)
        monkeypatch.setenv("LEVY_TREASURY_URL", url)
        code, told = doctor()
        plain = CliRunner().invoke(command)
    wrong = {check: said for check, findings in told.items() for ok, said in findings if not ok}
    assert wrong == {}
    assert (code, plain.exit_code) == (0, 0)
    assert {
        "secrets",
        "database",
        "clocks",
        "broker",
        "beat",
        "jobs",
        "accounts",
        "api",
        "console",
        "tax",
        "treasury",
        "disk",
    } == told.keys()


WRONG = {
    "beat": (
        "UPDATE heartbeat SET at = now() - interval '1 h'",
        "the last sweep was 3600 s ago start a worker and beat",
    ),
    "jobs": (
        "INSERT INTO job (kind, key, payload, business_date, max_attempts, next_attempt_at)"
        " VALUES ('push', 'k', '{}', '2020-09-01', 8, now() - interval '1 h')",
        "a job of push has been due for 60 min",
    ),
    "breaker": (
        "INSERT INTO breaker (neighbour, failures, opened_at, retry_at, reason) VALUES ('tax', 5, now(), now(), 'no')",
        " s, after 5 failures in a row",
    ),
    "accounts": ("UPDATE operator SET disabled_at = now()", "`levy operators add LOGIN --name NAME --role admin`"),
    "database": ("DROP TABLE alembic_version", "run `levy migrate`"),
}


@pytest.mark.parametrize("check", WRONG)
def test_what_is_wrong_is_said_with_what_to_do(well: Engine, check: str) -> None:
    statement, sentence = WRONG[check]
    put(well, statement)
    code, told = doctor()
    assert code == 1
    assert [sentence in said for ok, said in told[check] if not ok] == [True], told[check]


def test_parked_jobs_and_neighbours_that_are_away_are_told_of(well: Engine) -> None:
    stopped(well, 3)
    code, told = doctor()
    assert code == 1
    assert "3 are parked `levy jobs list --grouped`" in told["jobs"][0][1]
    assert "does not answer at 127.0.0.1:8421" in told["tax"][0][1]


@pytest.mark.parametrize(("off", "word"), [(3600, "3600 s ahead of"), (-3600, "3600 s behind")])
def test_a_neighbour_whose_clock_is_off_is_told_by_its_date(
    well: Engine, monkeypatch: pytest.MonkeyPatch, off: int, word: str
) -> None:
    with raw_server(answering(off)) as (url, _):
        monkeypatch.setenv("LEVY_TAX_URL", url)
        code, told = doctor()
    assert code == 1
    (said,) = [said for ok, said in told["clocks"] if not ok]
    number, direction = word.split(" s ")
    assert said.startswith("tax is ")
    assert abs(int(said.split()[2]) - int(number)) <= 60
    assert direction in said
    assert "NTP" in said


def test_a_database_and_a_broker_that_are_away_are_said_and_the_rest_is_still_looked_at(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVY_DATABASE_URL", "postgresql+psycopg://levy:geheim@127.0.0.1:1/levy_db")
    code, told = doctor()
    assert code == 1
    assert "the database levy_db at 127.0.0.1:1 does not answer" in told["database"][0][1]
    assert "at 127.0.0.1:1 does not answer" in told["broker"][0][1]
    assert told["disk"]
    assert "geheim" not in json.dumps(told)


def test_looking_at_an_embedded_installation_does_not_start_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LEVY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LEVY_HOME", str(tmp_path / "home"))
    code, told = doctor()
    assert code == 1
    assert "does not run" in told["database"][0][1]
    assert {server.state for server in Servers(tmp_path / "home").status()} == {"stopped"}


FAULTS = {
    "missing": ({"LEVY_AUDIT_KEY": ""}, "LEVY_AUDIT_KEY is not set"),
    "made up": ({"LEVY_INDEX_KEY": "12" * 32}, "LEVY_INDEX_KEY 1 was made up"),
    "the same": ({"LEVY_INDEX_KEY": "$LEVY_AUDIT_KEY"}, "is the same key as"),
    "an embedded one": ({"LEVY_DATA_KEYS": "1:$embedded"}, "LEVY_DATA_KEYS 1 is the key of an embedded installation"),
    "no key for tax": ({"LEVY_TAX_KEY": ""}, "LEVY_TAX_KEY is not set: it is what we show to the tax"),
    "an embedded one for tax": ({"LEVY_TAX_KEY": "$embedded"}, "LEVY_TAX_KEY is everybody's"),
}
EMBEDDED = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_secret_that_is_none_is_named(environment: dict[str, str], fault: str) -> None:
    home = Path(environment["LEVY_HOME"])
    home.mkdir()
    stored = {"data": f"1:aes-256-gcm:{EMBEDDED}", "index": "1:x:00", "audit": "1:x:01", "tax": EMBEDDED}
    (home / "keys.json").write_text(json.dumps(stored))
    change, sentence = FAULTS[fault]
    words = {"$embedded": EMBEDDED, "1:$embedded": f"1:{EMBEDDED}", "$LEVY_AUDIT_KEY": environment["LEVY_AUDIT_KEY"]}
    given = environment | {name: words.get(value, value) for name, value in change.items()}
    (said,) = faults_of_secrets(load_settings(given), given)
    assert sentence in said
    assert EMBEDDED not in said
    assert faults_of_secrets(load_settings(environment), environment) == []


PEERS = {
    "peers": {
        "610923": {
            "name": "x",
            "url": "http://127.0.0.1:1",
            "sign_with": "a",
            "keys": [{"id": "b", "algorithm": "hmac-sha256"}],
        }
    }
}
PROCESSES = {
    "worker": ["-m", "celery", "-A", "worker.app", "worker", "--loglevel=error"],
    "beat": ["-m", "celery", "-A", "worker.app", "beat", "--loglevel=error"],
    "door": ["-c", "import sys; from worker.cli import main; sys.argv = ['levy', 'peers', 'serve']; main()"],
}


@pytest.mark.parametrize("process", PROCESSES)
def test_no_process_starts_with_a_secret_that_is_none(
    environment: dict[str, str], tmp_path: Path, process: str
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(yaml.safe_dump(PEERS), "utf-8")
    given = os.environ | {"LEVY_INDEX_KEY": "12" * 32, "LEVY_CONFIG": str(settings)}
    told = subprocess.run(
        [sys.executable, *PROCESSES[process]], check=False, capture_output=True, text=True, env=given, timeout=60,
        cwd=tmp_path,
    )  # fmt: skip
    assert told.returncode == 1, told.stderr
    assert "LEVY_INDEX_KEY 1 was made up" in told.stdout + told.stderr
    assert "Traceback" not in told.stderr
