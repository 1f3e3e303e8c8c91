"""What the comparison of a notice with its official text establishes, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Question = Literal["cited", "taken", "decided_by", "wording", "figures", "clauses", "left_out"]
QUESTIONS: Final[dict[Question, str]] = {
    "cited": "cited clauses that the text has",
    "taken": "figures of rules that stand in the clause they cite",
    "decided_by": "amounts, spans and days of rules that those figures carry",
    "wording": "clauses whose wording is the one that was encoded",
    "figures": "figures of the text that are accounted for",
    "clauses": "clauses of the text that are accounted for",
    "left_out": "entries of not_encoded that the text bears out",
}
"""What is asked, in the words of the report; the first three go from rule to text, the others back."""


@dataclass(frozen=True)
class Finding:
    """One thing asked: of which clause, about what, and the ``problem`` in a sentence where the answer is no."""

    question: Question
    place: str
    problem: str | None = None
