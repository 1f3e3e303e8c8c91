"""Storms over a season of several thousand people: whatever is struck, the money is that of a quiet season.

``make storm N=20 SEED=7`` plays twenty, from seed 7 on. Each prints its seed and what it did.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storm.lives import differences
from tests.storm.place import Place, Season
from tests.storm.weather import BLOWS

HOW_MANY = int(os.environ.get("LEVY_STORMS", "0"))
"""0: the short form, one storm over eight hundred people."""
_SHORT_FORM = 126
"""A seed that kills one worker and all of them, beat, broker and database, beside workers of the next release."""
FIRST, SHARE = int(os.environ.get("LEVY_STORM_SEED", _SHORT_FORM)), 0.02 if HOW_MANY else 0.005
KEPT = os.environ.get("LEVY_STORM_LOG")
"""A file that gets a line of JSON for each storm."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A home whose servers all storms use."""
    made = Place(tmp_path_factory.mktemp("storm"), SHARE)
    yield made
    made.close()


@pytest.fixture(scope="module")
def quiet(place: Place) -> Season:
    """The same season without a storm."""
    return place.quiet()


@pytest.mark.timeout(1200)  # on a machine that is busy with others
@pytest.mark.parametrize("seed", range(FIRST, FIRST + max(1, HOW_MANY)))
def test_a_storm_loses_nothing_and_doubles_nothing(place: Place, quiet: Season, seed: int) -> None:
    struck = place.storm(seed)
    told = {"seed": seed, "seconds": round(struck.seconds, 1), "blows": Counter(struck.blows)}
    told |= {"lines": struck.lines, "tax": struck.tax}
    print(json.dumps(told, ensure_ascii=False), *struck.trouble, sep="\n")
    report = struck.report
    problems = {name: report[f"{name}_problems"] for name in ("ledger", "neighbour")} | {"audit": report["audit_flaws"]}
    counts = {name: report["counts"][name] for name in ("jobs_stuck", "breaks_open")}
    if KEPT:
        with Path(KEPT).open("a") as file:
            same = struck.money == quiet.money
            told |= problems | counts | {"same_money": same}
            told |= {} if same else {"differs": differences(quiet.lives, struck.lives)}
            file.write(json.dumps(told, ensure_ascii=False) + "\n")
    assert len(struck.blows) >= BLOWS, "the season ended before the storm was over"
    assert problems == {"ledger": [], "neighbour": [], "audit": []}
    assert counts == {"jobs_stuck": 0, "breaks_open": 0}
    assert struck.money == quiet.money, "\n".join(differences(quiet.lives, struck.lives)[:40])


def test_a_quiet_season_has_something_to_lose(quiet: Season) -> None:
    assert sum(town["paid"] for town in quiet.report["towns"]) > 100_000 * SHARE
    assert quiet.report["counts"]["dues_void"] > 0
    assert all(fund["granted"] or fund["sponsored"] for fund in quiet.money["funds"])
