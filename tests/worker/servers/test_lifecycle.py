"""The embedded servers start, come back after a kill, and keep out of each other's way."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from worker.servers import HomeRefused, Servers, Urls
from worker.servers.process import is_alive


def rows(urls: Urls, statement: str) -> list[tuple[object, ...]]:
    """What the service's own role sees."""
    with psycopg.connect(urls.database.replace("+psycopg", ""), autocommit=True) as link:
        answer = link.execute(statement)  # type: ignore[arg-type]
        return answer.fetchall() if answer.description else []


def kill(pid: int | None) -> None:
    """As the machine's own killer would."""
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def test_a_server_killed_by_force_comes_back_at_its_address_with_what_was_committed(shared: Servers) -> None:
    before = shared.ensure()
    rows(before, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
    kill(shared.postgres.pid())
    kill(shared.valkey.pid())
    after = shared.ensure()
    assert after == before
    assert rows(after, "SELECT n FROM kept") == [(42,)]
    assert redis.Redis.from_url(after.broker).ping()


def test_a_killed_server_whose_backends_are_still_busy_comes_back_without_two_on_one_directory(shared: Servers) -> None:
    urls = shared.ensure()
    busy = psycopg.connect(urls.database.replace("+psycopg", ""))
    backend = busy.execute("SELECT pg_backend_pid()").fetchone()
    assert backend is not None
    os.kill(backend[0], signal.SIGSTOP)  # it cannot notice that its server is gone
    kill(shared.postgres.pid())
    assert rows(shared.ensure(), "SELECT 1") == [(1,)]
    assert not is_alive(backend[0])


def test_a_lock_file_that_names_a_process_of_somebody_else_is_no_hindrance(shared: Servers) -> None:
    shared.stop()
    (shared.postgres.data / "postmaster.pid").write_text(f"{os.getpid()}\n{shared.postgres.data}\n")
    assert rows(shared.ensure(), "SELECT 1") == [(1,)]


def test_a_port_taken_in_the_meantime_is_left_to_its_holder(shared: Servers) -> None:
    before = shared.ensure()
    shared.stop()
    port = shared.postgres.port()
    with socket.create_server(("127.0.0.1", port or 0)):
        after = shared.ensure()
    assert after.database != before.database
    assert rows(after, "SELECT 1") == [(1,)]


def test_many_that_start_at_once_find_one_server(own: Servers) -> None:
    script = (
        f"from pathlib import Path; from worker.servers import Servers; s = Servers(Path({str(own.home.path)!r}))\n"
    )
    script += "print(s.ensure(), s.postgres.pid(), s.valkey.pid())"
    command = [sys.executable, "-c", script]
    with ThreadPoolExecutor(4) as pool:
        said = {
            done.stdout for done in pool.map(lambda _: subprocess.run(command, check=True, capture_output=True), "1234")
        }
    assert len(said) == 1
    assert own.answer(), "they outlive the processes that started them"


def test_two_homes_side_by_side_do_not_disturb_each_other(own: Servers, shared: Servers) -> None:
    first, second = own.ensure(), shared.ensure()
    assert {own.postgres.port(), own.valkey.port()}.isdisjoint({shared.postgres.port(), shared.valkey.port()})
    rows(first, "CREATE TABLE only_here (n int)")
    assert rows(second, "SELECT to_regclass('only_here')") == [(None,)]
    own.stop()
    assert shared.answer()


def test_a_start_that_was_cut_short_is_taken_up_again(own: Servers) -> None:
    script = (
        f"from pathlib import Path; from worker.servers import Servers; Servers(Path({str(own.home.path)!r})).ensure()"
    )
    for seconds in (0.25, 0.35, 0.45, 0.55, 0.65, 0.8):
        starter = subprocess.Popen([sys.executable, "-c", script])
        time.sleep(seconds)
        starter.kill()
        starter.wait()
    assert rows(own.ensure(), "SELECT 1") == [(1,)]


def test_servers_told_to_follow_end_with_the_process_that_started_them(own: Servers) -> None:
    script = "import os, signal; from pathlib import Path; from worker.servers import Servers\n"
    script += f"Servers(Path({str(own.home.path)!r})).ensure(follow=True); os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", script], check=False)
    deadline = time.monotonic() + 60
    while own.postgres.pid() or own.valkey.pid():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_only_this_machine_with_the_password_gets_in_and_only_the_owner_reads_it(shared: Servers) -> None:
    urls = shared.ensure()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host="127.0.0.1", port=shared.postgres.port(), user="levy", dbname="levy", password="guess")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=shared.valkey.port() or 0, retry=Retry(NoBackoff(), 0)).ping()
    assert rows(urls, "SHOW listen_addresses") == [("127.0.0.1",)]
    assert rows(urls, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(False,)]
    open_to_others = [
        path
        for path in [shared.home.path, *shared.home.path.rglob("*")]
        if path.name != "levy-home" and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_to_others == []


def test_an_error_that_quotes_a_person_is_told_to_the_client_and_not_to_the_log(shared: Servers) -> None:
    urls = shared.ensure()
    rows(urls, "CREATE TABLE IF NOT EXISTS person_like (cert_no text PRIMARY KEY, age int)")
    rows(urls, "INSERT INTO person_like VALUES ('110101199003070015', 30)")
    for statement in (
        "INSERT INTO person_like VALUES ('110101199003070015', 31)",
        "SELECT '110101199003070015'::int",
        "SELECT nothing FROM person_like WHERE cert_no = '110101199003070015'",
    ):
        with pytest.raises(psycopg.Error):
            rows(urls, statement)
    assert "110101199003070015" not in shared.postgres.log.read_text()
    assert "ready to accept connections" in shared.postgres.log.read_text()


def test_what_is_committed_is_on_disk(shared: Servers) -> None:
    urls = shared.ensure()
    assert [rows(urls, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")] == [
        [("on",)]
    ] * 3


def test_a_directory_with_other_files_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear all")
    with pytest.raises(HomeRefused, match="new or empty directory"):
        Servers(tmp_path).ensure()
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_external_servers_are_used_as_given_and_left_alone(shared: Servers, tmp_path: Path) -> None:
    urls = shared.ensure()
    elsewhere = Servers(tmp_path / "none", urls.database, urls.broker)
    assert elsewhere.ensure() == urls
    elsewhere.stop()
    assert shared.answer()
    assert not (tmp_path / "none").exists()
    assert {status.state for status in elsewhere.status()} == {"external"}
