"""Rosters to try notices on: drawn by a seed or read from a CSV file of facts. No database, no person's name."""
