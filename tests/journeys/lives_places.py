"""Where random lives are lived: an area of each notice, one that may change its flow in mid-season, and the neighbours
of each: a tax side whose people pay, and a treasury.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.adapters.simulated import Simulated
from tests.worker.flows.town import write_settings

PLACES = (
    ("220106", 2022, date(2021, 10, 8), date(2021, 12, 31)),
    ("220281", 2021, date(2020, 10, 1), date(2020, 12, 31)),
    ("430124", 2021, date(2020, 9, 1), date(2020, 12, 31)),
    ("610922", 2021, date(2020, 9, 1), date(2020, 12, 31)),
    ("220183", 2023, date(2022, 10, 10), date(2022, 12, 31)),
)
"""Area, insured year, and the window of its notice: net, gross, both on one person, sponsors, two insurances."""
FAULTS = (
    ("wrong_amount", "pay", {"delta": -700}),
    ("wrong_amount", "pay", {"delta": 900}),
    ("double_payment", "pay", {}),
    ("error_after_effect", "submit_dues", {}),
    ("error_after_effect", "void_dues", {}),
    ("error_after_effect", "submit_orders", {}),
    ("error_before_effect", "payments", {}),
    ("error_after_effect", "submit_refunds", {}),
    ("collection_short", "pay", {"delta": -700}),
    ("collection_over", "pay", {"delta": 900}),
)
"""What goes wrong at tax or treasury: the kind, when, and more about it."""
_LOCAL = {"notice": "hunan-2021", "areas": ["430124"], "assistance": {"minimum_living_allowance": 12000}}


def settings_of(home: Path, area: str, opens: date, switches: int | None) -> Path | None:
    """Settings of a county that levies gross, and net so many days after it opens; None where nothing is set."""
    if area not in _LOCAL["areas"] or switches is None:
        return None
    gross = write_settings(home / "gross.yaml", flow="gross_levy", **_LOCAL)
    net = write_settings(home / "net.yaml", flow="net_levy", **_LOCAL)
    changes = [{"since": opens + timedelta(days=switches), "file": str(net)}]
    return write_settings(home / "settings.yaml", local=str(gross), local_changes=changes)


def payers(begins: date, ends: date, late_share: float, college_days: Sequence[date] = ()) -> dict[str, Any]:
    """Settings of a tax side all of whose people pay between two days, but for a share that pays late."""
    shares = {"never_share": 0.0, "late_share": late_share, "rejection_share": 0.0}
    window = {"window_begins": f"{begins:%m-%d}", "window_ends": f"{ends:%m-%d}"}
    days = {"college_days": [f"{day:%m-%d}" for day in college_days]} if college_days else {}
    return {"payers": shares | window | days}


def simulated(
    stack: ExitStack, name: str, home: Path, seed: int, today: date, settings: dict[str, Any] | None = None
) -> Simulated:
    """A neighbour of a house, in a directory of the house's home, until the stack is closed."""
    directory = home / name
    directory.mkdir(parents=True)
    started = Simulated(name, directory, seed, settings, str(today))
    stack.callback(started.kill)
    return started
