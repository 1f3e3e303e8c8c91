"""Feeds of the neighbours, followed by cursor: where we are, and what of them could not be booked."""
