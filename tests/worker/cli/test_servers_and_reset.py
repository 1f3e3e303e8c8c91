"""`levy servers` and `levy reset`, as a person at the keyboard meets them."""

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
