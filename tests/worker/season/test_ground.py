"""A season clears what an earlier season made, and refuses whatever is somebody's."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from config.settings import Settings, load_settings
from worker.clock import set_season_date
from worker.database.engine import open_engine
from worker.season import ground
from worker.season.ground import GroundTaken, clear_database, clear_ground, clear_neighbours, write_files
from worker.season.place import choose_place

ENDED = date(2021, 12, 31)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"LEVY_HOME": str(tmp_path / "home"), "LEVY_DROP_DIR": str(tmp_path / "drop")})


def write(drop: Path) -> int:
    return len(
        write_files(drop, choose_place("shiquan-2021", None, None, load_settings({})), 1, 0.0005).manifest["files"]
    )


def lived(engine: Engine, ended: date | None, newest: date = ENDED) -> None:
    """People are in the database, and the season's clock where there was a season."""
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO person (cert_type, cert_index, cert_cipher) VALUES ('01', '1', '1')"))
        connection.execute(
            text(
                "INSERT INTO intake_file (sha256, name, business_date, state, recorded_at)"
                " VALUES ('1', 'list.csv', :day, 'taken', now())"
            ),
            {"day": newest},
        )
        if ended:
            set_season_date(connection, ended)


def people(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM person")).scalar_one())


@contextmanager
def somebody_at_work(url: str) -> Iterator[None]:
    other = open_engine(url)
    with other.connect() as connection:
        connection.execute(text("SELECT 1"))
        yield
    other.dispose()


def test_season_after_season_clears_its_own_ground(engine: Engine, settings: Settings) -> None:
    clear_ground(engine, settings)
    count = write(settings.drop)
    lived(engine, ENDED)
    clear_ground(engine, settings)
    assert people(engine) == 0
    assert list(settings.drop.iterdir()) == []
    assert write(settings.drop) == count


def test_people_whom_no_season_brought_are_kept(engine: Engine) -> None:
    lived(engine, None)
    with pytest.raises(GroundTaken, match=r"no season took in.*levy reset.*LEVY_HOME"):
        clear_database(engine, embedded=True)
    assert people(engine) == 1


def test_what_was_taken_in_after_a_season_is_kept(engine: Engine) -> None:
    lived(engine, ENDED, newest=date(2026, 1, 5))
    with pytest.raises(GroundTaken, match="since the last season ended"):
        clear_database(engine, embedded=True)
    assert people(engine) == 1


def test_a_database_in_use_is_kept(engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "_LEAVE_SECONDS", 0.3)
    lived(engine, ENDED)
    with somebody_at_work(database_url), pytest.raises(GroundTaken, match=r"in use by 1 connections.*levy up"):
        clear_database(engine, embedded=True)
    assert people(engine) == 1
    clear_database(engine, embedded=True)
    assert people(engine) == 0


def test_an_empty_database_may_be_watched(engine: Engine, database_url: str) -> None:
    """Workers that run elsewhere wait for the season with `--attach`."""
    with somebody_at_work(database_url):
        clear_database(engine, embedded=True)


def test_another_database_is_never_emptied(engine: Engine) -> None:
    lived(engine, ENDED)
    with pytest.raises(GroundTaken, match="LEVY_DATABASE_URL holds people"):
        clear_database(engine, embedded=False)
    assert people(engine) == 1


@pytest.mark.parametrize("name", ["thesis.txt", "2020-08-31/list.csv"])
def test_a_drop_directory_with_files_of_somebody_is_left_alone(engine: Engine, settings: Settings, name: str) -> None:
    """Beside the season's own files, and where there was none; the database is left alone with it."""
    theirs = settings.drop / name
    for _ in range(2):
        theirs.parent.mkdir(parents=True, exist_ok=True)
        theirs.write_text("years of work")
        before = sorted(settings.drop.rglob("*"))
        lived(engine, ENDED)
        with pytest.raises(GroundTaken, match=f"such as {name}.*LEVY_DROP_DIR"):
            clear_ground(engine, settings)
        assert sorted(settings.drop.rglob("*")) == before
        assert people(engine) == 1
        theirs.unlink()
        clear_database(engine, embedded=True)
        write(settings.drop)


def test_a_season_interrupted_while_it_writes_is_cleared(engine: Engine, settings: Settings) -> None:
    write(settings.drop)
    half = settings.drop / ".levy-season.new" / "2020-08-31"
    half.mkdir(parents=True)
    (half / "half.csv").touch()
    clear_ground(engine, settings)
    write(settings.drop)
    assert not (settings.drop / ".levy-season.new").exists()


def test_files_exchanged_in_an_earlier_season_are_cleared_and_a_real_offices_are_not(tmp_path: Path) -> None:
    home, office, config = tmp_path / "home", tmp_path / "office", tmp_path / "config.yaml"
    config.write_text("tax: {kind: files}\n")
    told = {"LEVY_HOME": str(home), "LEVY_CONFIG": str(config)}
    for directory in (home / "tax-files", office):
        (directory / "out").mkdir(parents=True)
        (directory / "out" / "dues-1.csv").write_text("")
    clear_neighbours(load_settings(told))
    assert not (home / "tax-files").exists()
    with pytest.raises(GroundTaken, match="LEVY_TAX_DIR"):
        clear_neighbours(load_settings(told | {"LEVY_TAX_DIR": str(office)}))
    assert (office / "out" / "dues-1.csv").exists()
