"""Explanations of decisions: one tree for the command line, JSON, the console and letters."""
