"""``python -m adapters.simulators.tax``: the simulated tax system as a process."""

from __future__ import annotations

from adapters.simulators.serving import command
from adapters.simulators.tax.app import application

command("tax system", "LEVY_TAX_KEY", application)()
