"""The two simulators as processes, one of each for the whole session, with no fault left over from another test."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.http import Limits
from adapters.tax.client import TaxClient
from adapters.treasury.client import TreasuryClient
from tests.adapters.simulated import KEY, PUNCTUAL, Simulated

HASTY = Limits(connect=0.5, reply=0.4, total=1.5, attempts=3, reply_bytes=4 * 1024 * 1024)


@pytest.fixture(scope="session")
def tax_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    simulated = Simulated("tax", tmp_path_factory.mktemp("tax"), settings={"payers": {"rejection_share": 0}})
    yield simulated
    assert simulated.stop() == 0


@pytest.fixture(scope="session")
def treasury_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    simulated = Simulated("treasury", tmp_path_factory.mktemp("treasury"))
    yield simulated
    assert simulated.stop() == 0


@pytest.fixture
def tax_simulator(tax_process: Simulated) -> Iterator[Simulated]:
    yield tax_process
    tax_process.no_faults()


@pytest.fixture
def treasury_simulator(treasury_process: Simulated) -> Iterator[Simulated]:
    yield treasury_process
    treasury_process.no_faults()


@pytest.fixture
def tax(tax_simulator: Simulated) -> Iterator[TaxClient]:
    client = TaxClient(tax_simulator.url, KEY, rng=random.Random(1))
    yield client
    client.close()


@pytest.fixture
def treasury(treasury_simulator: Simulated) -> Iterator[TreasuryClient]:
    client = TreasuryClient(treasury_simulator.url, KEY, rng=random.Random(1))
    yield client
    client.close()


@pytest.fixture
def hasty_tax(tax_simulator: Simulated) -> Iterator[TaxClient]:
    """A client that gives up soon, for calls that are going to be left without a reply."""
    client = TaxClient(tax_simulator.url, KEY, HASTY, random.Random(1))
    yield client
    client.close()


@pytest.fixture
def hasty_treasury(treasury_simulator: Simulated) -> Iterator[TreasuryClient]:
    client = TreasuryClient(treasury_simulator.url, KEY, HASTY, random.Random(1))
    yield client
    client.close()


@pytest.fixture
def start_tax(tmp_path: Path) -> Iterator[Callable[..., Simulated]]:
    """Start a tax system of one's own; it is stopped with the test."""
    started: list[Simulated] = []

    def start(seed: int = 2021, **payers: object) -> Simulated:
        directory = tmp_path / f"tax-{len(started)}"
        directory.mkdir()
        started.append(Simulated("tax", directory, seed, {"payers": payers}))
        return started[-1]

    yield start
    for simulated in started:
        simulated.kill()


@pytest.fixture
def office(start_tax: Callable[..., Simulated]) -> Simulated:
    """A tax office where everyone pays in the window."""
    return start_tax(**PUNCTUAL)


@pytest.fixture
def start_treasury(tmp_path: Path) -> Iterator[Callable[[], Simulated]]:
    """Start a treasury of one's own; it is stopped with the test."""
    started: list[Simulated] = []

    def start() -> Simulated:
        started.append(Simulated("treasury", tmp_path))
        return started[-1]

    yield start
    for simulated in started:
        simulated.kill()
