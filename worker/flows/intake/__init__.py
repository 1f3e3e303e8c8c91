"""Intake: files of the bureau become roster, flags and accounts; what cannot be taken is quarantined with reasons."""

from worker.flows.intake.drop import plan, take_in

__all__ = ["plan", "take_in"]
