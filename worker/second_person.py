"""What one person asks for and another answers: who is another."""

from __future__ import annotations


def same_person(one: str, other: str) -> bool:
    """Whether two names of operators are one person's: capitals and blanks around them tell nobody apart."""
    return one.strip().lower() == other.strip().lower()
