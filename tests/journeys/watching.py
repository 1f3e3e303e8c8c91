"""The dashboards and rules of config/, what they ask for, and a Prometheus that watches a running system with them."""

from __future__ import annotations

import json
import math
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import requests
import yaml

from tests.journeys.compose import ROOT
from worker.servers.ports import choose_port
from worker.supervisor import Child

PROMETHEUS = shutil.which("prometheus")
AMTOOL = shutil.which("amtool")
DASHBOARDS = sorted((ROOT / "config/grafana/dashboards").glob("*.json"))
RULES = ROOT / "config/prometheus/rules.yaml"
SELECTOR = re.compile(r"\b(?:levy_\w+|up\b)(?:\{[^}]*\})?")


class Asked(NamedTuple):
    """One question of a panel or rule, and where it stands."""

    where: str
    question: str


def _targets(kind: str) -> Iterator[Asked]:
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text("utf-8"))["panels"]:
            for target in panel["targets"]:
                if kind in target:
                    yield Asked(f"{path.stem}: {panel['title']}", target[kind])


def panels() -> list[Asked]:
    """PromQL of the panels; a rate looks back far enough for a system that has only just come up."""
    return [Asked(where, asked.replace("$__rate_interval", "10m")) for where, asked in _targets("expr")]


def tables() -> list[Asked]:
    """SQL of the panels, whatever the time."""
    return [
        Asked(where, re.sub(r"\$__timeFilter\((\w+)\)", r"\1 <= now()", asked)) for where, asked in _targets("rawSql")
    ]


def rules() -> list[dict[str, Any]]:
    """Every alert rule."""
    read = yaml.safe_load(RULES.read_text("utf-8"))
    return [rule for group in read["groups"] for rule in group["rules"]]


class Watch:
    """Prometheus as docker-compose.yml configures it, with its targets on this machine and every second a look."""

    def __init__(self, directory: Path, ports: Mapping[str, int]) -> None:
        directory.mkdir()
        config = yaml.safe_load((ROOT / "config/prometheus/prometheus.yaml").read_text("utf-8"))
        config["global"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(RULES)]
        del config["alerting"]  # nobody is to be told of what a test does
        for job in config["scrape_configs"]:
            job.pop("dns_sd_configs", None)
            job.pop("scrape_timeout", None)
            job["static_configs"] = [{"targets": [f"127.0.0.1:{ports[job['job_name'].removeprefix('levy-')]}"]}]
        (directory / "prometheus.yaml").write_text(yaml.safe_dump(config), "utf-8")
        port = choose_port(None)
        self.url = f"http://127.0.0.1:{port}"
        self.child = Child(
            name="prometheus",
            command=[
                str(PROMETHEUS), f"--config.file={directory / 'prometheus.yaml'}",
                f"--storage.tsdb.path={directory / 'data'}", f"--web.listen-address=127.0.0.1:{port}",
            ],
            log=directory / "prometheus.log",
            ready=self._ready,
        )  # fmt: skip

    def ask(self, question: str) -> list[float]:
        """The values of every series that answers. Raises ``AssertionError`` where the question is none."""
        reply = requests.get(f"{self.url}/api/v1/query", {"query": question}, timeout=30).json()
        assert reply["status"] == "success", f"{question}: {reply}"
        return [float(series["value"][1]) for series in reply["data"]["result"]]

    def await_answers(self, asked: list[Asked], seconds: float = 90) -> list[Asked]:
        """Ask until each has a series with a number; those that have none by then."""
        until = time.monotonic() + seconds
        while left := [one for one in asked if all(map(math.isnan, self.ask(one.question)))]:
            if time.monotonic() > until:
                break
            asked = left
            time.sleep(0.5)
        return left

    def _ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/-/ready", timeout=1).status_code == 200
        except requests.RequestException:
            return False
