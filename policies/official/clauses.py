"""The clause tree of an official text, with the notice's own numbering: ``一``, ``四(一)``, ``二(一)1``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from policies.clause import DIGITS, numeral_value
from policies.official.figures import Figure, figures_in
from policies.official.furniture import joined, lines_of

FRONT: Final = "题首"
"""Everything before the first clause: title, document number, addressees, preamble."""
CLOSING: Final = "文末"
"""Everything behind the last clause: what the notice says of itself, signatures, date, attachments."""

_HEADINGS: Final = (
    re.compile(rf"([{DIGITS}]{{1,3}})、(.*)"),
    re.compile(rf"\(([{DIGITS}]{{1,3}})\)(.*)"),
    re.compile(r"(\d{1,2})[.、](.*)"),
)
_ATTACHMENT: Final = re.compile(r"附\s*件\s*\d*\s*(?:[:：].*)?")
_OF_ITSELF: Final = re.compile(r"本通知|此通知")
_INSIGNIFICANT: Final = re.compile(r"[^\w%.]|_")


@dataclass(frozen=True)
class ClauseText:
    """One clause without its number and without the clauses below it."""

    place: str
    text: str

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """Every number and date, in order."""
        return tuple(figures_in(self.text))

    @property
    def rules_something(self) -> bool:
        """Whether it holds a sentence; a heading alone holds none."""
        return bool(re.search("[。；]", self.text))

    @property
    def fingerprint(self) -> str:
        """What changes with any word or figure of the clause, and not with spaces, brackets or punctuation."""
        return hashlib.sha256(_INSIGNIFICANT.sub("", self.text).encode()).hexdigest()[:16]


OfficialText = dict[str, ClauseText]
"""The clauses of a text by their number, in its order, with ``FRONT`` and ``CLOSING``."""


def read_official_text(text: str) -> OfficialText:
    """The clause tree of an official text as a PDF gives it. A heading counts only where its number is the next one."""
    parts: dict[str, list[str]] = {FRONT: []}
    closing: list[str] = []
    place, numbers = FRONT, (0, 0, 0)
    for line in lines_of(text):
        if closing or (numbers[0] and _ATTACHMENT.fullmatch(line)):
            closing.append(line)
            continue
        heading = _heading(line, numbers)
        if heading is not None:
            numbers, line = heading
            place = _named(numbers)
            parts[place] = []
        parts[place].append(line)
    bodies = {name: joined(lines) for name, lines in parts.items()}
    bodies[place], itself = _split_closing(bodies[place]) if place != FRONT else (bodies[place], "")
    bodies[CLOSING] = itself + joined(closing)
    return {name: ClauseText(name, body) for name, body in bodies.items()}


def _heading(line: str, numbers: tuple[int, int, int]) -> tuple[tuple[int, int, int], str] | None:
    """The numbers after a heading and the rest of its line; none where the line is no heading in its place."""
    for level, shape in enumerate(_HEADINGS):
        found = shape.fullmatch(line)
        if found is None or (level and not numbers[0]):
            continue
        number = int(found[1]) if level == 2 else numeral_value(found[1])
        if number == numbers[level] + 1:
            first, second, third = (*numbers[:level], number, *(0, 0, 0)[level + 1 :])
            return (first, second, third), found[2]
    return None


def _named(numbers: tuple[int, int, int]) -> str:
    first, second, third = numbers
    middle = f"({_numeral(second)})" if second else ""
    return f"{_numeral(first)}{middle}{third or ''}"


def _numeral(value: int) -> str:
    tens, ones = divmod(value, 10)
    ten = ("" if tens == 1 else DIGITS[tens - 1]) + "十" if tens else ""
    return ten + (DIGITS[ones - 1] if ones else "")


def _split_closing(text: str) -> tuple[str, str]:
    """The last clause and what follows it: what stands behind its last full stop, and what the notice says of itself."""
    *sentences, rest = text.split("。")
    kept = list(sentences)
    while len(kept) > 1 and _OF_ITSELF.search(kept[-1]):
        rest = f"{kept.pop()}。{rest}"
    return "".join(_stopped(kept)), rest


def _stopped(sentences: list[str]) -> Iterator[str]:
    for sentence in sentences:
        yield f"{sentence}。"
