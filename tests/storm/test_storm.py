"""Storms over a season of several thousand people: whatever is struck, the money is that of a quiet season.

``make storm N=20 SEED=7`` plays twenty, from seed 7 on. Each prints its seed and what it did.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from tests.journeys.played import Season, play
from tests.storm.weather import SETTINGS, Weather, tax_faults
from worker.servers import Servers

SHARE = "0.02"
FIRST, HOW_MANY = int(os.environ.get("LEVY_STORM_SEED", "1")), int(os.environ.get("LEVY_STORMS", "1"))


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Season:
    """The same season without a storm."""
    home = tmp_path_factory.mktemp("quiet") / "home"
    season = play(home, share=SHARE)
    Servers(home).stop()
    assert season.code == 0, season.printed[-2000:]
    return season


@pytest.mark.parametrize("seed", range(FIRST, FIRST + HOW_MANY))
def test_a_storm_loses_nothing_and_doubles_nothing(quiet: Season, tmp_path: Path, seed: int) -> None:
    rng, home = random.Random(seed), tmp_path / "home"
    home.with_suffix(".yaml").write_text(SETTINGS)
    (tmp_path / "faults.json").write_text(json.dumps({"faults": tax_faults(rng)}))
    weather = Weather(home, rng)
    try:
        struck = play(home, "--faults", str(tmp_path / "faults.json"), meddle=weather, share=SHARE)
    finally:
        weather.end()
        Servers(home).stop()
    print(f"seed {seed}: {len(weather.told)} blows: {', '.join(weather.told)}")
    assert len(weather.told) > 3, "the season ended before the storm began"
    assert struck.code == 0, struck.printed[-3000:]
    assert struck.report["ledger_problems"] == []
    assert struck.report["neighbour_problems"] == []
    assert struck.report["audit_flaws"] == []
    assert struck.report["counts"]["jobs_stuck"] == 0
    assert struck.report["counts"]["breaks_open"] == 0
    assert struck.money == quiet.money
