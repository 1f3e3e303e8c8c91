"""The supervisor brings back what ends, stops in order, and leaves nothing running whatever happens to it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from worker.servers import Servers
from worker.servers.process import is_alive
from worker.supervisor import Child, Event, Supervisor, SupervisorError

SUPERVISED = Path(__file__).with_name("supervised.py")

DRIVER = """
import sys
from pathlib import Path
from worker.supervisor import Child, Supervisor
directory, command = Path(sys.argv[1]), [sys.executable, sys.argv[2]]
supervisor = Supervisor([
    Child(name, [*command, str(directory / name)], directory / f"{name}.log", ready_file=directory / name)
    for name in ("one", "two")
])
"""
RUN = "supervisor.run()"
BLOCK = "import time\nwith supervisor:\n    time.sleep(60)"


def child(directory: Path, name: str, behaviour: str = "obedient") -> Child:
    """A child whose ready file holds the pid of its own child."""
    command = [sys.executable, str(SUPERVISED), str(directory / name), behaviour]
    return Child(name, command, directory / f"{name}.log", ready_file=directory / name, stop_seconds=5)


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for something to become true, and fail when it does not."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def grandchild(directory: Path, name: str) -> int:
    """Pid of a child's own child."""
    until(lambda: (directory / name).exists() and (directory / name).read_text())
    return int((directory / name).read_text())


def test_a_child_killed_by_force_is_started_again_and_its_own_children_do_not_linger(tmp_path: Path) -> None:
    with Supervisor([child(tmp_path, "one"), child(tmp_path, "two")]) as supervisor:
        one, two = supervisor.state()
        lingering = grandchild(tmp_path, "one")
        assert one.pid is not None
        os.kill(one.pid, signal.SIGKILL)
        until(lambda: supervisor.state()[0].restarts == 1 and supervisor.state()[0].phase == "ready")
        until(lambda: not is_alive(lingering))
        assert supervisor.state()[0].pid != one.pid
        assert supervisor.state()[1] == two, "the other one was left alone"


def test_stages_stop_from_the_highest_to_the_lowest_and_nothing_is_left(tmp_path: Path) -> None:
    events: list[Event] = []
    children = [replace(child(tmp_path, name), stage=stage) for stage, name in enumerate(("base", "middle", "top"))]
    with Supervisor(children, on_event=events.append) as supervisor:
        pids = [state.pid for state in supervisor.state()] + [grandchild(tmp_path, one.name) for one in children]
    assert [event.name for event in events if event.what == "stopped"] == ["top", "middle", "base"]
    until(lambda: not any(is_alive(pid) for pid in pids if pid))  # a kill takes effect when the kernel gets to it
    assert {state.phase for state in supervisor.state()} == {"stopped"}


def test_a_child_that_does_not_listen_is_killed_when_its_time_is_up(tmp_path: Path) -> None:
    events: list[Event] = []
    stubborn = replace(child(tmp_path, "stubborn", "deaf"), stop_seconds=0.3)
    with Supervisor([stubborn], on_event=events.append) as supervisor:
        pid = supervisor.state()[0].pid
        began = time.monotonic()
    assert 0.3 <= time.monotonic() - began < 60
    assert pid is not None
    assert not is_alive(pid)
    assert events[-1] == Event("stubborn", "killed")


def test_a_start_that_cannot_succeed_says_why_and_takes_the_others_down(tmp_path: Path) -> None:
    with pytest.raises(SupervisorError, match=r"(?s)broken does not start.*the port is taken"):
        Supervisor([child(tmp_path, "fine"), child(tmp_path, "broken", "broken")]).start()
    lingering = grandchild(tmp_path, "fine")
    until(lambda: not is_alive(lingering))


def test_a_child_that_never_gets_ready_is_not_waited_for_forever(tmp_path: Path) -> None:
    never = replace(child(tmp_path, "slow"), ready=lambda: False, ready_seconds=0.2)
    with pytest.raises(SupervisorError, match="not ready after"):
        Supervisor([never]).start()


@pytest.mark.parametrize(
    ("how", "pressed", "code"),
    [
        (RUN, signal.SIGTERM, 0),
        (RUN, signal.SIGINT, 0),
        (RUN, signal.SIGKILL, -signal.SIGKILL),
        (BLOCK, signal.SIGTERM, 128 + signal.SIGTERM),
    ],
)
def test_whatever_ends_the_supervisor_no_orphan_is_left(
    tmp_path: Path, how: str, pressed: signal.Signals, code: int
) -> None:
    driver = subprocess.Popen([sys.executable, "-c", DRIVER + how, str(tmp_path), str(SUPERVISED)])
    lingering = [grandchild(tmp_path, "one"), grandchild(tmp_path, "two")]
    driver.send_signal(pressed)
    assert driver.wait(60) == code
    until(lambda: not any(is_alive(pid) for pid in lingering))


def test_a_server_killed_under_the_supervisor_comes_back(tmp_path: Path, servers: Servers) -> None:
    events: list[Event] = []
    with Supervisor([child(tmp_path, "one")], servers, events.append) as supervisor:
        broker = servers.valkey.pid()
        assert broker is not None
        os.kill(broker, signal.SIGKILL)
        until(lambda: Event("servers", "ready") in events)
        assert servers.answer()
        assert supervisor.state()[0].restarts == 0, "at its old address: nobody had to be told"
    servers.valkey.stop()
    servers.ensure(follow=True)  # the supervisor's broker would outlive a killed test session
