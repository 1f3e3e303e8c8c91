"""`levy servers` and `levy reset`, as a person at the keyboard meets them."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from worker.cli.reset import command as reset
from worker.cli.servers import command as servers
from worker.servers import Servers


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that the settings point to, and no external server."""
    for name in ("LEVY_DATABASE_URL", "LEVY_BROKER_URL", "LEVY_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LEVY_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_servers_are_started_shown_reset_only_on_a_yes_and_gone_then(home: Path) -> None:
    run = CliRunner().invoke
    assert run(servers, ["status"]).exit_code == 1
    assert run(servers, ["start"]).output.count("running") == 2
    assert run(servers, ["status"]).exit_code == 0

    declined = run(reset, input="n\n")
    assert str(home) in declined.output
    assert "every due, payment and audit record" in declined.output
    assert declined.exit_code == 1
    assert run(servers, ["status"]).output.count("running") == 2

    assert run(servers, ["stop"]).output.count("stopped") == 2
    assert (home / "postgres" / "PG_VERSION").exists(), "stopping keeps the data"

    assert run(servers, ["start"]).exit_code == 0
    with psycopg.connect(Servers(home).urls().database.replace("+psycopg", "")):
        in_use = run(reset, ["--yes"])
        assert in_use.exit_code == 1
        assert "in use by 1 connections" in in_use.output
    assert run(reset, input="y\n").exit_code == 0
    assert not home.exists()
    assert "Nothing to delete" in run(reset, ["--yes"]).output


@pytest.mark.parametrize("variable", ["LEVY_DATABASE_URL", "LEVY_BROKER_URL"])
def test_reset_refuses_while_a_server_is_somebody_elses(
    home: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    home.mkdir()
    (home / "levy-home").touch()
    monkeypatch.setenv(variable, "redis://broker.example/0")
    refused = CliRunner().invoke(reset, ["--yes"])
    assert refused.exit_code == 1
    assert "not ours to empty" in refused.output
    assert home.exists()


def test_reset_deletes_no_directory_that_it_did_not_mark(home: Path) -> None:
    home.mkdir()
    (home / "thesis.txt").write_text("years of work")
    refused = CliRunner().invoke(reset, ["--yes"])
    assert refused.exit_code == 1
    assert "nothing was deleted" in refused.output
    assert (home / "thesis.txt").exists()


def test_a_home_left_open_is_closed_to_others_with_all_that_lies_in_it(home: Path) -> None:
    home.mkdir(mode=0o755)
    for name in ("drop", "logs"):
        (home / name).mkdir(mode=0o755)
    (home / "report.json").write_text("{}")
    (home / "levy-home").touch()
    home.chmod(0o755)
    try:
        levy("servers", "start")
        levy("servers", "start")  # as one that finds them running
        assert modes(home) == {0o700}
        assert modes(home / "drop") | modes(home / "logs") == {0o700}
        assert modes(home / "report.json") <= {0o600}
        home.chmod(0o755)
        levy("servers", "start")
        assert modes(home) == {0o700}
    finally:
        levy("servers", "stop")


def test_an_empty_directory_that_is_named_as_home_is_closed(home: Path) -> None:
    home.mkdir(mode=0o755)
    Servers(home).home.make()
    assert modes(home) == {0o700}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a directory away")
def test_a_home_that_belongs_to_somebody_else_is_refused_even_by_root(home: Path) -> None:
    home.mkdir(mode=0o777)
    (home / "levy-home").touch()
    os.chown(home, 12345, 12345)
    refused = CliRunner().invoke(servers, ["start"])
    assert refused.exit_code == 1
    assert "belongs to another user" in refused.output
    assert stat.S_IMODE(home.stat().st_mode) & 0o077, "its mode is not ours to change"


def test_what_levy_writes_is_for_its_owner_alone(home: Path, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text("")
    script = f"import sys; from worker.cli import main; sys.argv = ['levy', 'decide', {str(tmp_path / 'q.jsonl')!r}]\n"
    script += f"try: main()\nfinally: open({str(tmp_path / 'written')!r}, 'w').close()"
    subprocess.run([sys.executable, "-c", script], check=True, umask=0o022)
    assert modes(tmp_path / "written") == {0o600}


def test_what_a_worker_writes_is_for_its_owner_alone(home: Path, tmp_path: Path) -> None:
    settings = {"LEVY_DATABASE_URL": "postgresql+psycopg://127.0.0.1:1/x", "LEVY_BROKER_URL": "redis://127.0.0.1:1/0"}
    script = f"import worker.app; open({str(tmp_path / 'written')!r}, 'w').close()"
    subprocess.run([sys.executable, "-c", script], check=True, umask=0o022, env=os.environ | settings)
    assert modes(tmp_path / "written") == {0o600}


def levy(*arguments: str) -> None:
    script = f"import sys; from worker.cli import main; sys.argv = ['levy', *{arguments!r}]; main()"
    subprocess.run([sys.executable, "-c", script], check=True, umask=0o022, capture_output=True)


def modes(path: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode)}
