"""What the comparison of a notice with its official text establishes, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Question = Literal["cited", "taken", "carried", "named", "told", "wording", "figures", "clauses", "left_out"]


class Sentence(NamedTuple):
    """A sentence in Chinese and in English."""

    zh: str
    en: str


QUESTIONS: Final[dict[Question, Sentence]] = {
    "cited": Sentence("所引条款在原文中", "clauses cited are in the text"),
    "taken": Sentence("取用数字在所引条款中", "figures taken stand in their clause"),
    "carried": Sentence("规则的数额日期有出处", "amounts, spans, days follow from them"),
    "named": Sentence("对象渠道与数额相符", "with the people and funds named there"),
    "told": Sentence("摘要中的数字取自原文", "summaries say only such figures"),
    "wording": Sentence("条款措辞与编码时一致", "clauses worded as when encoded"),
    "figures": Sentence("原文数字日期有着落", "numbers and dates accounted for"),
    "clauses": Sentence("原文条款有着落", "clauses accounted for"),
    "left_out": Sentence("未编码说明与原文相符", "what is left out is borne out"),
}
"""What is asked, in the words of the report."""
FORWARD: Final[tuple[Question, ...]] = ("cited", "taken", "carried", "named", "told")
"""Asked from rule to text; the others go back from text to rule."""


@dataclass(frozen=True)
class Finding:
    """One thing asked: of which clause, about what, and the ``problem`` in a sentence where the answer is no."""

    question: Question
    place: str
    problem: Sentence | None = None
