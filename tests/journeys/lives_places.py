"""Where random lives are lived: an area of each notice, and one that may change its flow in mid-season."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from tests.worker.flows.town import write_settings

PLACES = (
    ("220106", 2022, date(2021, 10, 8), date(2021, 12, 31)),
    ("220281", 2021, date(2020, 10, 1), date(2020, 12, 31)),
    ("430124", 2021, date(2020, 9, 1), date(2020, 12, 31)),
    ("610922", 2021, date(2020, 9, 1), date(2020, 12, 31)),
    ("220183", 2023, date(2022, 10, 10), date(2022, 12, 31)),
)
"""Area, insured year, and the window of its notice: net, gross, both on one person, sponsors, two insurances."""
_LOCAL = {"notice": "hunan-2021", "areas": ["430124"], "assistance": {"minimum_living_allowance": 12000}}


def settings_of(home: Path, area: str, opens: date, switches: int | None) -> Path | None:
    """Settings of a county that levies gross, and net so many days after it opens; None where nothing is set."""
    if area not in _LOCAL["areas"] or switches is None:
        return None
    gross = write_settings(home / "gross.yaml", flow="gross_levy", **_LOCAL)
    net = write_settings(home / "net.yaml", flow="net_levy", **_LOCAL)
    changes = [{"since": opens + timedelta(days=switches), "file": str(net)}]
    return write_settings(home / "settings.yaml", local=str(gross), local_changes=changes)
