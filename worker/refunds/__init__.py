"""Refunds: what is asked back, decided, reviewed by a second person, and given back to the fen."""
