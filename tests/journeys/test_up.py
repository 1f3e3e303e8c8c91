"""``levy up``: the schedule alone carries files to payments; it stops cleanly and leaves nothing behind."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import psutil
import pytest
import redis
import yaml
from sqlalchemy import Engine, text

from adapters.bureau.identity_number import check_character
from adapters.simulators.bureau.season import synthesize
from config.areas import load_areas
from config.settings import load_settings
from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, FLAG, lines_of
from tests.journeys.played import LEVY, environment
from worker.clock import set_season_date
from worker.database.engine import open_engine
from worker.database.tables import metadata
from worker.season.neighbours import Neighbours
from worker.servers import Servers, open_servers

TICKS = ("intake", "assess", "sponsor", "pull_payments", "disburse", "pull_results", "reconcile")
PACE = {
    "clock": "season",
    "schedule": dict.fromkeys(TICKS, 1),
    "sweep_seconds": 1,
    "nudge_grace_seconds": 2,
    "lease_seconds": 20,
}


NAME, NUMBER, CARD = "甄隐私", "610922198706050016", "6217009988776655443"
NUMBER = NUMBER[:17] + check_character(NUMBER[:17])
PERSON = ENROLMENT | {"person_no": "6109229999999901", "cert_no": NUMBER, "name": NAME, "birth_date": "1987-06-05"}
MARKED = {
    "enrolments-marked.csv": lines_of(PERSON),
    "flags-marked.csv": lines_of(FLAG | {"cert_no": NUMBER}),
    "accounts-marked.csv": lines_of(ACCOUNT | {"cert_no": NUMBER, "account_no": CARD, "account_name": NAME}),
    "enrolments-bad.csv": lines_of(PERSON | {"person_no": NAME, "household_no": NUMBER}),
    "flags-bad.csv": lines_of(FLAG | {"cert_no": NUMBER, "recognised_on": NAME}),
    "none-of-ours.csv": f"{NAME},{NUMBER}\n{CARD},x\n",
}
"""Lists about one marked person, good and bad."""


class Up:
    """A running ``levy up`` with everything on a one-second schedule, and a hand on its clock."""

    def __init__(self, home: Path) -> None:
        self.home = home
        settings_file = home.with_suffix(".yaml")
        settings_file.write_text(yaml.safe_dump(PACE), "utf-8")
        self.environment = environment(home) | {"LEVY_CONFIG": str(settings_file)}
        self.engine: Engine = open_engine(Servers(home).ensure().database)
        synthesize(load_areas()["610922"], 2021, 7, 0.002, home / "drop")
        for name, content in MARKED.items():
            (home / "drop" / "2020-08-31" / name).write_text(content, "utf-8")
        self.log = home.with_suffix(".log")
        with self.log.open("wb") as output:
            self.process = psutil.Popen([LEVY, "up"], env=self.environment, stdout=output, stderr=output)

    def turn_to(self, day: date) -> None:
        """Let the neighbours live until ``day``, and make it the business date."""
        ports = {name: (self.home / f"{name}.port").read_text() for name in ("tax", "treasury")}
        urls = {f"LEVY_{name.upper()}_URL": f"http://127.0.0.1:{port}" for name, port in ports.items()}
        Neighbours(load_settings(self.environment | urls)).advance(day)
        with self.engine.begin() as connection:
            set_season_date(connection, day)

    def count(self, query: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())

    def wait(self, true: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert self.process.is_running(), self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()[-2000:]
            time.sleep(0.2)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("up") / "home")
    yield running
    if running.process.is_running():
        running.process.terminate()
        running.process.wait(90)
    running.engine.dispose()
    Servers(running.home).stop()


def test_beat_alone_carries_files_to_dues_and_dues_to_payments(up: Up) -> None:
    up.wait((up.home / "worker.ready").exists)
    up.turn_to(date(2020, 9, 1))
    up.wait(lambda: up.count("SELECT count(*) FROM due WHERE state = 'accepted'") > 250)
    up.turn_to(date(2020, 11, 1))
    up.wait(lambda: up.count("SELECT count(*) FROM due WHERE state = 'paid'") > 60)
    up.wait(lambda: up.count("SELECT count(*) FROM statement") >= 60)
    assert up.count("SELECT count(*) FROM break_found WHERE state = 'open'") == 0


def test_a_marked_person_is_nowhere_in_clear_but_in_the_files_of_the_bureau(up: Up) -> None:
    """Logs of every process and server, every table, and what the broker holds."""
    up.wait(
        lambda: (
            up.count("SELECT count(*) FROM due d JOIN person p ON p.id = d.person_id WHERE p.person_no LIKE '%9901'")
            > 0
        )
    )
    up.wait(lambda: up.count("SELECT count(*) FROM quarantined_row") >= 2)
    places = {str(path): path.read_text("utf-8", "replace") for path in [*up.home.rglob("*.log"), up.log]}
    assert {Path(path).name for path in places} >= {"worker.log", "beat.log", "postgres.log", "broker.log"}
    with up.engine.connect() as connection:
        for table in metadata.sorted_tables:
            rows = connection.execute(text(f'SELECT t::text FROM "{table.name}" t')).scalars()
            places[table.name] = "\n".join(rows)
    places["broker"] = held_by_broker(Servers(up.home).ensure().broker)
    marks = [mark for word in (NAME, NUMBER, CARD) for mark in (word, word.encode().hex())]
    assert [(place, mark) for place, said in places.items() for mark in marks if mark in said] == []


def held_by_broker(url: str) -> str:
    """All keys with their values, as text."""
    with redis.Redis.from_url(url) as broker:
        return " ".join(f"{key!r} {broker.dump(key)!r}" for key in broker.keys("*"))


def test_two_beats_ask_and_each_period_is_done_once(up: Up) -> None:
    second = [sys.executable, "-m", "celery", "-A", "worker.app", "beat", "--loglevel=error"]
    schedule = up.home / "second-beat.db"
    beat = subprocess.Popen([*second, "--schedule", str(schedule)], env=up.environment, stderr=subprocess.DEVNULL)
    try:
        up.wait(lambda: up.count("SELECT count(*) FROM job WHERE kind = 'tick.disburse'") > 5)
        time.sleep(3)
    finally:
        beat.terminate()
        beat.wait(90)
    doubled = "SELECT count(*) FROM (SELECT FROM job GROUP BY kind, key HAVING count(*) > 1) AS d"
    assert up.count(doubled) == 0
    assert up.count("SELECT count(*) FROM due WHERE version > 1 AND current") == 0


def test_sigterm_stops_everything_and_leaves_no_process(up: Up) -> None:
    family = up.process.children(recursive=True)
    assert any("celery" in " ".join(child.cmdline()) for child in family)
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(90) == 128 + signal.SIGTERM, up.log.read_text()[-2000:]
    _, alive = psutil.wait_procs(family, timeout=60)
    assert [child.cmdline() for child in alive] == []
    held = "SELECT count(*) FROM job WHERE state = 'running' AND lease_until > now() + interval '1 hour'"
    assert up.count(held) == 0


def test_the_embedded_database_outlives_levy_up(up: Up) -> None:
    assert open_servers(load_settings(up.environment)).ensure().database
    assert up.count("SELECT count(*) FROM person") > 250
