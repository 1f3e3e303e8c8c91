"""Intake: files of the bureau become roster, flags, accounts, applications; bad rows are quarantined with reasons."""

from worker.flows.intake.drop import plan, take_in

__all__ = ["plan", "take_in"]
