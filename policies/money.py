"""Money as integer fen: the one money type of the house."""

from __future__ import annotations

import re
from typing import TypeAlias

Fen: TypeAlias = int
"""An amount in fen (1 yuan = 100 fen). Never a float."""

_YUAN = re.compile(r"(0|[1-9]\d{0,12})(?:\.(\d{1,2}))?")


def yuan(amount: Fen) -> str:
    """The amount written in yuan with two decimals: ``yuan(28000) == "280.00"``."""
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 100)
    return f"{sign}{whole}.{rest:02d}"


def parse_yuan(text: str) -> Fen:
    """Fen from a decimal yuan text such as ``280``, ``280.5`` or ``280.50``.

    Raises ``ValueError`` for anything else: a sign, a third decimal, an exponent, full-width digits, blanks.
    """
    match = _YUAN.fullmatch(text) if text.isascii() else None
    if match is None:
        raise ValueError(f"{text!r} is not an amount in yuan: write digits with at most two decimals, such as 280.00")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
