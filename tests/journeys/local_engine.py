"""The services of docker-compose.yml as local processes, where no container engine is."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.journeys.compose import ROOT, Service, example_variables, read_services
from worker.servers.ports import choose_port
from worker.supervisor import Child, Supervisor

PORTS = ("8421", "8422", "8423", "8424", "8425", "8431", "8432", "8433", "8434")
OTHERS = {"postgres", "redis", "prometheus", "alertmanager", "grafana"}
"""Not ours: others stand in for them where they are needed."""


class LocalEngine:
    """Runs services where no container engine is: same commands, same variables, same health checks, same order.

    What only containers have is put in place of: host names and ports by free ports of this machine, mounted
    directories by temporary ones, PostgreSQL and the broker by the embedded ones.
    """

    def __init__(self, services: Mapping[str, Service], directory: Path, database_url: str, broker_url: str) -> None:
        self.services = services
        self.directory = directory
        self.urls = {"LEVY_DATABASE_URL": database_url, "LEVY_BROKER_URL": broker_url}
        self.ports = {port: str(choose_port(None)) for port in PORTS}
        self.site = directory / "site.yaml"

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run a service that ends by itself."""
        return self.run_as(name, self.services[name].command)

    def run_as(self, name: str, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command of ours in a service's place, as `docker compose exec` or `run` would."""
        return subprocess.run(
            self.localised(command, name),
            env=self.environment(self.services[name]),
            cwd=self.home(name),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def children(self, name: str) -> list[Child]:
        """A lasting service as supervised processes, one for each replica."""
        service = self.services[name]
        return [
            Child(
                name=f"{name}-{number}",
                command=[part.replace("@%h", f"{number}@%h") for part in self.localised(service.command, name)],
                log=self.directory / f"{name}-{number}.log",
                environment={
                    variable: value.replace("/tmp/counted", str(self.directory / f"counted-{number}"))
                    for variable, value in self.environment(service).items()
                },
                directory=self.home(name),
            )
            for number in range(service.replicas)
        ]

    def await_health(self, name: str, seconds: float = 120) -> None:
        """Ask the service's own health check until it says yes."""
        service, deadline = self.services[name], time.monotonic() + seconds
        command = self.localised(service.health_command or [], name)
        while True:
            asked = subprocess.run(
                command, env=self.environment(service), cwd=self.home(name), capture_output=True, text=True, check=False
            )
            if asked.returncode == 0:
                return
            assert time.monotonic() < deadline, f"{name} is not healthy: {asked.stdout}{asked.stderr}{self.logs(name)}"
            time.sleep(1)  # each question is a process

    def environment(self, service: Service) -> dict[str, str]:
        """The service's variables and nothing of ours but the way to programs and a directory for short-lived files."""
        own = {name: self._local(value, service.name) for name, value in service.environment.items()}
        own |= {name: value for name, value in self.urls.items() if name in own}
        return (
            {"PATH": os.environ["PATH"], "TMPDIR": str(self.directory), "LANG": "C.UTF-8"}
            | own
            | {"LEVY_API_PORT": self.ports["8424"], "LEVY_CONSOLE_PORT": self.ports["8425"]}
        )

    def localised(self, command: list[str], name: str) -> list[str]:
        """The command with programs of this environment and places of this machine."""
        program, *rest = command
        return [str(Path(sys.executable).with_name(program)), *(self._local(part, name) for part in rest)]

    def home(self, name: str) -> Path:
        """What the service sees as /data."""
        place = self.directory / name
        place.mkdir(exist_ok=True)
        return place

    def book(self, name: str) -> dict[str, Any]:
        """A neighbour's own book in figures."""
        service = self.services[name]
        key = service.environment[f"LEVY_{name.upper()}_KEY"]
        port = self._local(service.command[service.command.index("--port") + 1], name)
        reply = requests.get(
            f"http://127.0.0.1:{port}/simulator/book", headers={"Authorization": f"Bearer {key}"}, timeout=60
        )
        reply.raise_for_status()
        found: dict[str, Any] = reply.json()
        return found

    def logs(self, name: str) -> str:
        """What the service's processes said of trouble."""
        lines = [line for log in self.directory.glob(f"{name}-*.log") for line in log.read_text().splitlines()]
        return "\n".join([line for line in lines if '"level":"info"' not in line][-40:])

    def _local(self, text: str, name: str) -> str:
        text = re.sub(r"^/data\b", str(self.home(name)), text)
        text = re.sub(r"^/drop\b", str(self.directory / "drop"), text)
        text = re.sub(r"^/tax-files\b", str(self.directory / "tax-files"), text)
        text = re.sub(r"^/heads\b", str(self.directory / "heads"), text)
        text = re.sub(r"^/site\.yaml$", str(self.site), text)
        text = re.sub(r"\b(tax|treasury|0\.0\.0\.0)(?=:\d|$)", "127.0.0.1", text) if "adapters" not in text else text
        return re.sub(r"\b84(2[1-5]|3[1-4])\b", lambda found: self.ports[found[0]], text)


def local_engine(directory: Path, database_url: str, broker_url: str, **chosen: str) -> LocalEngine:
    """An engine over the file with these choices made in .env."""
    given = example_variables()
    secrets = [name for name, value in given.items() if value in ("", "1:", "own:")]
    given |= {name: given[name] + sha256(name.encode()).hexdigest() for name in secrets} | chosen
    local = LocalEngine(read_services(given), directory, database_url, broker_url)
    site = yaml.safe_load((ROOT / given["LEVY_SITE"]).read_text("utf-8"))
    told = site["metrics"]
    told |= {name: int(local.ports[str(port)]) for name, port in told.items() if name != "host"}
    told |= {"host": "127.0.0.1"}
    local.site.write_text(yaml.safe_dump(site | {"schedule": {"anchor": 5}}), "utf-8")
    return local


@contextmanager
def running(local: LocalEngine, wanted: set[str]) -> Iterator[LocalEngine]:
    """These services, started in the order that the file asks for, each waited for as it says."""
    services = local.services
    started = set(OTHERS)
    with ExitStack() as stack:
        while left := [one for one in services.values() if one.name in wanted and one.name not in started]:
            ready = [one.name for one in left if set(one.waits_for) <= started]
            assert ready, f"{[one.name for one in left]} wait for each other"
            for name in ready:
                if services[name].health_command:
                    stack.enter_context(Supervisor(local.children(name)))
                else:
                    done = local.run(name)
                    assert done.returncode == 0, done.stdout + done.stderr
            for name in ready:
                if services[name].health_command:
                    local.await_health(name)
            started.update(ready)
        yield local
