"""What a PDF adds to a text and what it breaks: page numbers, rules, markup, widths of characters, spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_RANGES: Final = ("０９", "ＡＺ", "ａｚ")
_WIDE: Final = {code: code - 0xFEE0 for first, last in _RANGES for code in range(ord(first), ord(last) + 1)}
_ONE_SHAPE: Final = _WIDE | str.maketrans("（）〔〕［］【】﹝﹞[]％．－—–", "()()()()()()%.---")
"""Full-width digits and letters and every bracket in one shape; commas and full stops stay as they are."""
_FURNITURE: Final = re.compile(r"-+\s*\d*\s*-+|-+|·\s*\d+\s*·|第\s*\d+\s*页.*|\d+\s*/\s*\d+")
_PAGE_NUMBER: Final = re.compile(r"\d{1,3}")
_SPACED_DIGITS: Final = re.compile(r"(?<![0-9A-Za-z])\d(?: \d)+(?= ?[年月日元%])")
_BETWEEN_NUMBERS: Final = re.compile(r"(?<=[0-9])\s+(?=[0-9])")
_SIGNS: Final = "〇零○一二三四五六七八九"
_DIGITS: Final = str.maketrans(_SIGNS, "000123456789")
_MONTH: Final = f"[{_SIGNS[3:]}十]{{1,3}}"
_CHINESE_DAY: Final = re.compile(rf"([{_SIGNS}]{{4}})年(?:({_MONTH})月(?:({_MONTH})日)?)?")


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text that say something, brackets and digits in one shape.

    A bare number is a page number only at the head or foot of a page that a form feed ends.
    """
    pages = text.removeprefix("\ufeff").translate(_ONE_SHAPE).split("\f")
    for page in pages:
        raw = (line.strip().lstrip("#").replace("**", "").strip() for line in page.splitlines())
        lines = [line for line in raw if line and not _FURNITURE.fullmatch(line)]
        if len(pages) > 1:
            edges = (0, len(lines) - 1)
            lines = [line for at, line in enumerate(lines) if at not in edges or not _PAGE_NUMBER.fullmatch(line)]
        yield from lines


def joined(text: str) -> str:
    """Broken lines as one text without spaces, save where a space parts two numbers.

    Years and days in Chinese signs (二〇二一年九月一日) are written in digits.
    """
    whole = _SPACED_DIGITS.sub(lambda found: found[0].replace(" ", ""), text)
    whole = re.sub(r"\s+", "", _BETWEEN_NUMBERS.sub("\0", whole)).replace("\0", " ")
    return _CHINESE_DAY.sub(_in_digits, whole)


def plain(text: str) -> str:
    """A short text of our own, such as a document number, in the shape official texts are read in."""
    return joined("\n".join(lines_of(text)))


def numeral_number(numeral: str) -> int:
    """The value of a Chinese numeral below a hundred thousand, such as 二十四, 三百二十 or 两."""
    total, digit = 0, 0
    for char in numeral:
        if char == "万":
            total, digit = (total + digit or 1) * 10000, 0
        elif char in "十百千":
            total, digit = total + (digit or 1) * 10 ** ("十百千".index(char) + 1), 0
        else:
            digit = 2 if char == "两" else _SIGNS.index(char) - 2
    return total + digit


def _in_digits(found: re.Match[str]) -> str:
    year, month, day = found.groups()
    written = f"{year.translate(_DIGITS)}年"
    written += f"{numeral_number(month)}月" if month else ""
    return written + (f"{numeral_number(day)}日" if day else "")
