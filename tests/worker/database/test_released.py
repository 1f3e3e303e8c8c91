"""Released revisions are frozen, each of them filled is brought to the newest, and old and new workers get along."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from config.settings import load_settings
from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.worker.flows.stage import Stage
from tests.worker.intake.conftest import KEYS, NEIGHBOURS, Desk
from worker.audit.verify import verify
from worker.backup.programs import run
from worker.database import engine as engine_of_code
from worker.database.engine import configuration, migrate, open_engine
from worker.database.versions import fingerprint, misfit, released, revisions
from worker.keys import load_keys
from worker.ledger.check import check_ledger
from worker.wiring import build_house

FILLED = Path(__file__).with_name("filled")
SEPTEMBER, OCTOBER = date(2020, 9, 2), date(2020, 10, 15)
LATER = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None

def upgrade():
    op.execute("ALTER TABLE due ADD COLUMN remark TEXT NOT NULL DEFAULT 'none'")
    op.execute("{reader}")
"""


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**KEYS, **NEIGHBOURS, "LEVY_HOME": str(tmp_path / "home")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LEVY_BROKER_URL", "redis://127.0.0.1:1/0")


@pytest.fixture
def filled(new_database: Callable[[], AbstractContextManager[str]], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database of this version in which somebody was enrolled, asked, and has paid."""
    with new_database() as url:
        monkeypatch.setenv("LEVY_DATABASE_URL", url)
        stage = Stage(Desk(build_house(load_settings())))
        stage.desk.take(lines_of(ENROLMENT))
        stage.tick(SEPTEMBER, "assess")
        stage.pay(1, OCTOBER)
        stage.tick(OCTOBER, "pull_payments")
        assert stage.dues() == {1: ("paid", 28000, 28000)}
        stage.desk.engine.dispose()
        yield url


def test_the_numbers_of_the_files_are_the_order_of_the_revisions() -> None:
    walked = ScriptDirectory.from_config(configuration()).walk_revisions()
    assert revisions() == [one.revision for one in walked][::-1]


def test_what_was_released_has_not_changed_since() -> None:
    assert [one.revision for one in released()] == revisions()[: len(released())], "in order, none left out"
    for one in released():
        assert fingerprint(one.revision) == one.fingerprint, f"{one.revision} is released: change it by a later one"
        assert (FILLED / f"{one.revision}.sql").is_file(), "with each release goes a filled database of then"


@pytest.mark.parametrize("revision", [*(one.revision for one in released()), "newest"])
def test_a_filled_database_of_every_released_revision_is_brought_to_the_newest(
    new_database: Callable[[], AbstractContextManager[str]], filled: str, tmp_path: Path, revision: str
) -> None:
    data = FILLED / f"{revision}.sql"
    if revision == "newest":  # how the next release's is made, and that it can be brought in
        revision, data = revisions()[-1], tmp_path / "filled.sql"
        run("pg_dump", ["--data-only", "--exclude-table=alembic_version", f"--file={data}"], filled)
        body = data.read_text("utf-8")  # guards that look at other tables need to find them
        data.write_text(
            body.replace("set_config('search_path', '', false)", "set_config('search_path', 'public', false)")
        )
        if keep := os.environ.get("LEVY_KEEP_FILLED"):
            shutil.copy(data, keep)
    with new_database() as url:
        engine = open_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            settings = configuration()
            settings.attributes["connection"] = connection
            command.upgrade(settings, revision)
            connection.exec_driver_sql("DELETE FROM schema_reader")
        engine.dispose()
        run("psql", ["--set=ON_ERROR_STOP=1", "--quiet", "--output=/dev/null", f"--file={data}"], url)
        migrate(engine)
        holds(engine)
        engine.dispose()


@pytest.fixture
def with_a_later_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """This code with one revision more, which says something of its readers."""

    def add(reader: str) -> None:
        place = tmp_path / "migrations"
        shutil.copytree(Path(str(configuration().get_main_option("script_location"))), place)
        (place / "versions" / "0002_later.py").write_text(LATER.format(reader=reader), "utf-8")
        later = Config()
        later.set_main_option("script_location", str(place))
        monkeypatch.setattr(engine_of_code, "configuration", lambda: later)

    return add


@pytest.mark.parametrize(
    ("reader", "may"), [("SELECT 1", True), ("UPDATE schema_reader SET oldest = '0002'", False)]
)  # fmt: skip
def test_an_older_worker_goes_on_beside_a_newer_one_unless_the_schema_says_no(
    filled: str, with_a_later_one: Callable[[str], None], reader: str, may: bool
) -> None:
    with_a_later_one(reader)
    engine = open_engine(filled)
    migrate(engine)
    holds(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT remark FROM due")).scalar_one() == "none"
        said = misfit(connection)  # of the code as it is: it does not know 0002
    engine.dispose()
    assert said is None if may else "is read rightly from 0002 on" in str(said)


def test_a_worker_does_not_begin_on_a_database_that_lacks_a_revision(
    filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(filled)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    engine.dispose()
    celery = [sys.executable, "-m", "celery", "-A", "worker.app", "worker", "--loglevel=error", "--pool=solo"]
    done = subprocess.run(celery, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert "run `levy migrate`" in done.stdout + done.stderr


def holds(engine: Engine) -> None:
    """The books hold together, and the audit log with them."""
    with engine.connect() as connection:
        assert connection.execute(text("SELECT state, paid FROM due")).all() == [("paid", 28000)]
        assert check_ledger(connection) == []
        assert verify(connection, load_keys(load_settings()))[1] == []
