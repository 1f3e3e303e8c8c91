"""Keeping a set of processes running together, and taking them down together."""

from worker.supervisor.child import Child, ChildState, Phase
from worker.supervisor.supervisor import Event, Supervisor, SupervisorError

__all__ = ["Child", "ChildState", "Event", "Phase", "Supervisor", "SupervisorError"]
