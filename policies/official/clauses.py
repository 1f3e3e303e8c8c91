"""The clause tree of an official text, with the notice's own numbering: ``一``, ``四(一)``, ``二(一)1``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from policies.clause import DIGITS, numeral_value
from policies.official.figures import Figure, figures_in
from policies.official.furniture import joined, lines_of
from policies.rulefile import PolicyError

FRONT: Final = "题首"
"""Everything before the first clause: title, document number, addressees, preamble."""
CLOSING: Final = "文末"
"""Everything behind the last clause: what the notice says of itself, signatures, date, attachments."""

_HEADING: Final = re.compile(
    r"(?:\A|(?<=\n)|(?<=[。；：]))\s*"
    rf"(?:([{DIGITS}](?:\s*[{DIGITS}]){{0,2}})\s*、|\(\s*([{DIGITS}](?:\s*[{DIGITS}]){{0,2}})\s*\)"
    r"|(\d{1,2})\s*[.、](?!\d(?!\d{3})))"
)
"""A clause number of one of the three levels at the head of a line or behind a full stop.

``1.2021年`` is a number and a year, ``2.5倍`` is no clause number.
"""
_ATTACHMENT: Final = re.compile(r"^附\s*件\s*\d*\s*(?:[:：].*)?$", re.MULTILINE)
_OF_ITSELF: Final = re.compile(r"本通知|此通知")
_INSIGNIFICANT: Final = re.compile(r"[^\w%. ]|_")

Numbers = tuple[int, int, int]


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
        """What changes with any word or figure of the clause, and not with breaks, brackets or punctuation."""
        return hashlib.sha256(_INSIGNIFICANT.sub("", self.text).encode()).hexdigest()[:16]


class NoOfficialText(PolicyError):
    """There is no readable official text of a notice; the message says where it was looked for."""


def official_text(folder: Path, name: str) -> str:
    """The text of a notice, ``FOLDER/NAME.txt``, in UTF-8 or GB18030. Raises ``NoOfficialText``."""
    path = folder / f"{name}.txt"
    try:
        content = path.read_bytes()
    except OSError:
        raise NoOfficialText(f"{folder} has no official text of {name}: {path.name} is missing") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NoOfficialText(f"{path} is neither UTF-8 nor GB18030 text; save it as UTF-8")


OfficialText = dict[str, ClauseText]
"""The clauses of a text by their number, in its order, with ``FRONT`` and ``CLOSING``."""


def read_official_text(text: str) -> OfficialText:
    """The clause tree of an official text as a PDF gives it. A heading counts only where its number is the next one."""
    whole = "\n".join(lines_of(text))
    headings = list(_headings(whole))
    attached = _ATTACHMENT.search(whole, headings[0][1]) if headings else None
    end = attached.start() if attached else len(whole)
    headings = [heading for heading in headings if heading[0] < end]
    starts = [0, *(behind for _, behind, _ in headings)]
    ends = [*(before for before, _, _ in headings), end]
    names = [FRONT, *(_named(numbers) for *_, numbers in headings)]
    bodies = {name: joined(whole[first:last]) for name, first, last in zip(names, starts, ends, strict=True)}
    itself = ""
    if headings:
        bodies[names[-1]], itself = _split_closing(bodies[names[-1]])
    bodies[CLOSING] = itself + joined(whole[end:])
    return {name: ClauseText(name, body) for name, body in bodies.items()}


def _headings(whole: str) -> Iterator[tuple[int, int, Numbers]]:
    """Where each clause number stands: its start, its end, and the numbers of the levels there."""
    numbers: Numbers = (0, 0, 0)
    for found in _HEADING.finditer(whole):
        following = _following(numbers, found)
        if following is not None:
            numbers = following
            yield found.start(), found.end(), numbers


def _following(numbers: Numbers, found: re.Match[str]) -> Numbers | None:
    """The numbers after a heading, or none where it is not the next one of its level."""
    level = (found.lastindex or 1) - 1
    if level and not numbers[0]:
        return None
    written = re.sub(r"\s", "", found[level + 1])
    number = int(written) if level == 2 else numeral_value(written)
    if number != numbers[level] + 1:
        return None
    first, second, _ = numbers
    return ((number, 0, 0), (first, number, 0), (first, second, number))[level]


def _named(numbers: Numbers) -> str:
    first, second, third = numbers
    middle = f"({_numeral(second)})" if second else ""
    return f"{_numeral(first)}{middle}{third or ''}"


def _numeral(value: int) -> str:
    tens, ones = divmod(value, 10)
    ten = ("" if tens == 1 else DIGITS[tens - 1]) + "十" if tens else ""
    return ten + (DIGITS[ones - 1] if ones else "")


def _split_closing(text: str) -> tuple[str, str]:
    """The last clause, and what stands behind its last full stop or speaks of the notice itself."""
    sentences = re.findall("[^。]*。", text)
    rest = text[sum(map(len, sentences)) :]
    if not sentences:
        return text, ""
    while len(sentences) > 1 and _OF_ITSELF.search(sentences[-1]):
        rest = sentences.pop() + rest
    return "".join(sentences), rest
