"""Measuring the house: whole seasons as processes, and what each process held in memory."""
