"""What a PDF adds to a text and what it breaks: page numbers, rules, markup, widths of characters, spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_WIDE: Final = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_ONE_SHAPE: Final = _WIDE | str.maketrans("（）〔〕［］【】﹝﹞[]％．－—–", "()()()()()()%.---")
"""Full-width digits and letters and every bracket in one shape; commas and full stops stay as they are."""
_FURNITURE: Final = re.compile(r"-+\s*\d*\s*-+|第\s*\d+\s*页.*|-+")
_SPACED_DIGITS: Final = re.compile(r"(?<![0-9A-Za-z])\d(?: \d)+(?= ?[年月日元%])")
_BETWEEN_WORDS: Final = re.compile(r"(?<=[0-9A-Za-z])\s+(?=[0-9A-Za-z])")


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text that say something, brackets and digits in one shape."""
    for raw in text.removeprefix("\ufeff").translate(_ONE_SHAPE).splitlines():
        line = raw.strip().lstrip("#").replace("**", "").strip()
        if line and not _FURNITURE.fullmatch(line):
            yield line


def joined(lines: list[str]) -> str:
    """Broken lines as one text without spaces, save where a space parts two numbers or foreign words."""
    text = _SPACED_DIGITS.sub(lambda found: found[0].replace(" ", ""), "\n".join(lines))
    return re.sub(r"\s+", "", _BETWEEN_WORDS.sub("\0", text)).replace("\0", " ")
