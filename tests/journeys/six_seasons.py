"""Small seasons of all notices, played indoors two at a time: what is planned of each, and which rules stay silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.indoors import KEYS, Indoors, play_indoors
from worker.season import mistakes

SHARES = {
    "changchun-2022": 0.0015,
    "hunan-2021": 0.0004,
    "jilin-2021": 0.001,
    "jilin-2023": 0.0008,
    "shiquan-2021": 0.0012,
}
SILENT: dict[str, set[str]] = {
    "changchun-2022": {"after-the-year"},  # a year that has ended is not looked at any more
    "hunan-2021": {
        "after-the-year",
        "recognised-elsewhere",  # what is ``unsettled`` is told as undetermined, see below
    },
    "jilin-2021": set(),
    "jilin-2023": set(),  # whose bank took a payment back is asked until the year ends
    "shiquan-2021": {
        "after-the-year",
        "before-the-window",  # the bureau's first lists come on the eve of the window
        *("late-payer-standard", "late-payer-full-funding"),  # the county has not decided on late payers:
        *("late-new-college-student-standard", "late-new-college-student-full-funding"),  # no local parameters
    },
}
"""Rules that no decision of a season can name, and why."""


WRONG: list[dict[str, object]] = [
    *({"kind": kind, "operation": "pay", "count": 2, "skip": 40} for kind in ("wrong_amount", "double_payment")),
    *(
        {"kind": f"statement_{kind}", "operation": "statement", "count": 2, "skip": 10 + 10 * at}
        for at, kind in enumerate(("missing_line", "extra_line", "altered_line", "bad_line"))
    ),
    *(one for one in mistakes.TAX if one["kind"].startswith("collection")),  # schools err as in the quiet season
]
"""What a tax system of that season gets wrong."""


@contextmanager
def six_seasons(
    new_database: Callable[[], AbstractContextManager[str]], new_home: Callable[[str], Path]
) -> Iterator[dict[str, Indoors]]:
    """All five, and under ``wrong`` Shiquan's with a tax system that says wrong things."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        plans: dict[str, tuple[str, float, list[dict[str, Any]]]]
        plans = {name: (name, share, mistakes.TAX) for name, share in SHARES.items()}
        plans |= {"wrong": ("shiquan-2021", SHARES["shiquan-2021"], WRONG)}

        def play_one(name: str, url: str) -> Indoors:
            notice, share, faults = plans[name]
            return play_indoors(notice, share, new_home(name), url, faults)

        with ThreadPoolExecutor(2) as pool:
            seasons = list(pool.map(play_one, plans, [stack.enter_context(new_database()) for _ in plans]))
        for season in seasons:
            stack.callback(season.house.engine.dispose)
        yield dict(zip(plans, seasons, strict=True))
