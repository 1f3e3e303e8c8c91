"""``python -m adapters.simulators.treasury``: the simulated treasury as a process."""

from __future__ import annotations

from adapters.simulators.serving import command
from adapters.simulators.treasury.app import application

command("treasury", "LEVY_TREASURY_KEY", application)()
