"""As whom PostgreSQL runs: never root, no user made for it, no permission changed."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from worker.servers import HomeRefused, Servers
from worker.servers.binaries import postgres_program
from worker.servers.identity import choose_identity

SCRIPT = """
import sys
from pathlib import Path
from worker.servers import Servers, ServersError
servers = Servers(Path(sys.argv[1]))
try:
    servers.ensure()
except ServersError as error:
    sys.exit(str(error))
print(servers.postgres.pid(), servers.postgres.data.stat().st_uid)
"""
WITHOUT_NAMESPACES = Path(__file__).with_name("without_namespaces.py")


@pytest.fixture
def anywhere() -> Iterator[Path]:
    """A directory that every user may walk through, as a test's usual one is not."""
    directory = Path(tempfile.mkdtemp(prefix="levy-", dir="/var/tmp"))
    directory.chmod(0o711)
    yield directory
    Servers(directory / "home").stop()
    shutil.rmtree(directory)


def permissions(places: list[Path]) -> dict[Path, tuple[int, int]]:
    """Mode and owner of each place."""
    return {place: (place.stat().st_mode, place.stat().st_uid) for place in places}


def others_may_reach(path: Path) -> bool:
    """Whether every directory on the way lets everybody through."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def test_postgres_runs_without_root_and_nothing_is_created_or_loosened_for_it(own: Servers) -> None:
    program = postgres_program("postgres")
    places = [*program.parents, *own.home.path.parent.parents, own.home.path.parent, program]
    users, before = Path("/etc/passwd").read_bytes(), permissions(places)
    own.ensure()
    pid = own.postgres.pid()
    assert pid is not None
    status = dict(line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    assert int(status["CapEff"], 16) == 0, "it holds no privilege"
    assert permissions(places) == before
    assert Path("/etc/passwd").read_bytes() == users
    assert own.postgres.data.stat().st_uid == os.geteuid()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user to run PostgreSQL")
def test_root_where_user_namespaces_are_refused_runs_it_as_nobody(anywhere: Path) -> None:
    command = [sys.executable, str(WITHOUT_NAMESPACES), sys.executable, "-c", SCRIPT, str(anywhere / "home")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if others_may_reach(postgres_program("postgres")):
        pid, owner = (int(word) for word in done.stdout.split())
        nobody = pwd.getpwnam("nobody").pw_uid
        assert (psutil.Process(pid).uids().effective, owner) == (nobody, nobody)
        assert stat.S_IMODE((anywhere / "home" / "postgres").stat().st_mode) == 0o700
    else:
        assert "Run this as an ordinary user" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user to run PostgreSQL")
def test_root_that_no_way_is_left_to_is_told_what_to_do(tmp_path: Path) -> None:
    closed = tmp_path / "closed"  # below a directory that only root may enter
    command = [sys.executable, str(WITHOUT_NAMESPACES), sys.executable, "-c", SCRIPT, str(closed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "set LEVY_HOME" in done.stderr
    assert "LEVY_DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (closed / "postgres").exists()


def test_data_of_another_user_is_not_touched(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        (tmp_path / "postgres").mkdir()
        os.chown(tmp_path / "postgres", 12345, 12345)
        with pytest.raises(HomeRefused, match="ordinary user"):
            choose_identity(tmp_path / "postgres", postgres_program("postgres"))
    else:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o000)
        foreign = Servers(closed / "home")
        for call in (foreign.ensure, foreign.stop, foreign.status, foreign.reset):
            with pytest.raises(HomeRefused, match="Run as its owner"):
                call()
        closed.chmod(0o700)
