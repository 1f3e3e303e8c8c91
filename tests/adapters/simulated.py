"""A simulator as its own process, and the levers that only tests may pull."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import requests

from adapters.ports import Acknowledgement, TaxPort, TreasuryPort
from adapters.tax.client import TaxClient
from adapters.tax.files.client import TaxFiles, Waits
from tests.adapters.rows_made import fresh

KEY = "a-key-for-tests"
PUNCTUAL = {"never_share": 0, "late_share": 0, "rejection_share": 0}


def reconnected(simulated: Simulated, tax: TaxPort) -> TaxPort:
    """The same kind of port after a restart, when the address is another."""
    return simulated.port("http" if isinstance(tax, TaxClient) else "files")


def booked(tax: TaxPort, cursor: str | None = None) -> list[dict[str, Any]]:
    """All lines of the feed after the cursor."""
    items: list[dict[str, Any]] = []
    while True:
        page = tax.payments(cursor, 5000)
        assert not page.malformed
        items, cursor = items + page.items, page.next_cursor
        if not page.more:
            return items


def statement_of(port: TaxPort | TreasuryPort, day: date) -> bytes | None:
    """The statement file of one day; ``None``: not issued."""
    return port.statements(day, day).get(day)


def submit(tax: TaxPort, *rows: dict[str, Any]) -> list[Acknowledgement]:
    """Present dues of Shiquan in a batch of their own."""
    key = fresh("batch")
    return tax.submit_dues(key, tax.encode_due_batch(key, "610922", 2021, rows))


def void(tax: TaxPort, *rows: dict[str, Any]) -> list[str]:
    """Withdraw them; the outcome of each."""
    key = fresh("void")
    body = tax.encode_void_batch(key, "610922", [{"reference": row["reference"], "reason": "x"} for row in rows])
    return [result.outcome for result in tax.void_dues(key, body)]


def paid(tax: TaxPort) -> dict[str, int]:
    """What came in, by reference."""
    sums: dict[str, int] = {}
    for item in booked(tax):
        sign = 1 if item["kind"] == "payment" else -1
        sums[item["reference"]] = sums.get(item["reference"], 0) + sign * item["amount"]
    return sums


class Simulated:
    """`adapters.simulators.<name>` running over a book; `restart` after `kill` goes on from that book."""

    def __init__(
        self,
        name: str,
        directory: Path,
        seed: int = 2021,
        settings: dict[str, Any] | None = None,
        today: str = "2020-08-31",
    ) -> None:
        self.command = [sys.executable, "-m", f"adapters.simulators.{name}", "--book", str(directory / "book")]
        self.command += ["--seed", str(seed), "--port-file", str(directory / "port"), "--today", today]
        if settings is not None:
            (directory / "settings.json").write_text(json.dumps(settings), "utf-8")
            self.command += ["--settings", str(directory / "settings.json")]
        self.drop = directory / "drop"
        if name == "tax":
            self.command += ["--drop", str(self.drop)]
        self._variable = f"LEVY_{name.upper()}_KEY"
        self._port_file = directory / "port"
        self._session = requests.Session()
        self.start()

    def start(self) -> None:
        """Start the process and wait until it listens."""
        self._port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(self.command, env=os.environ | {self._variable: KEY}, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while not self._port_file.exists():
            assert self.process.poll() is None, "the simulator ended at once"
            assert time.monotonic() < until, "the simulator does not listen"
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{int(self._port_file.read_text())}"

    def port(self, kind: str, waits: Waits | None = None) -> TaxPort:
        """The tax port to this simulator, over HTTP or by files; both lead to one book."""
        if kind == "http":
            return TaxClient(self.url, KEY, rng=random.Random(1))
        return TaxFiles(self.drop, waits or Waits(answer=10.0, poll=0.05, settle=0.2))

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self._session.close()
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(60)

    def fault(self, kind: str, operation: str = "*", **more: Any) -> None:
        """Order a fault."""
        wanted = {"kind": kind, "operation": operation, **more}
        self._lever("POST", "faults", {"faults": [wanted]})

    def no_faults(self) -> dict[str, int]:
        """Order nothing more; how often each kind struck since the start."""
        return self._lever("DELETE", "faults")["struck"]

    def advance(self, to: str) -> dict[str, Any]:
        """Let the days up to this one pass."""
        return self._lever("POST", "advance", {"to": to})

    def pull(self, lever: str, **body: Any) -> dict[str, Any]:
        """Any other lever."""
        return self._lever("POST", lever, body)

    def book(self) -> dict[str, Any]:
        """The book in full: totals, keys, references."""
        return self._lever("GET", "book?detail=1")

    def effects_of(self, key: str) -> int:
        """How often a key had an effect."""
        return sum(each["effects"] for each in self.book()["keys"] if each["key"] == key)

    def _lever(self, method: str, lever: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {KEY}"}
        reply = self._session.request(method, f"{self.url}/simulator/{lever}", json=body, headers=headers, timeout=30)
        reply.raise_for_status()
        return reply.json()
