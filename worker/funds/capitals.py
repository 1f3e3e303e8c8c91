"""Amounts in Chinese capital numerals (大写金额), as vouchers write them so that no figure can be altered."""

from __future__ import annotations

from policies.money import Fen

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("仟", "佰", "拾", "")
_GROUPS = ("亿", "万", "")
LARGEST = 10**12 * 100 - 1
"""The largest amount that can be written, in fen."""


def capitals(amount: Fen) -> str:
    """The amount as 人民币 writes it: ``capitals(1005060) == "壹万零伍拾元陆角整"``; below zero with 负 before it.

    Raises ``ValueError`` for a million million yuan and more.
    """
    if abs(amount) > LARGEST:
        raise ValueError(f"{amount} fen are more than can be written in capital numerals")
    yuan, rest = divmod(abs(amount), 100)
    jiao, fen = divmod(rest, 10)
    whole = f"{_whole(yuan)}元" if yuan else ""
    if not rest:
        part = "整" if yuan else "零元整"
    elif not jiao:
        part = f"{'零' if yuan else ''}{_DIGITS[fen]}分"
    else:
        part = f"{_DIGITS[jiao]}角" + (f"{_DIGITS[fen]}分" if fen else "整")
    # Before a thousand or a jiao, where 万 or 元 end in 0, 零 may be written or not: 支付结算办法, annex on vouchers.
    return ("负" if amount < 0 else "") + whole + part


def _whole(number: int) -> str:
    digits = f"{number:012d}"
    written, gap = "", False
    for group, name in zip((digits[at : at + 4] for at in range(0, 12, 4)), _GROUPS, strict=True):
        value = int(group)
        if value:
            gap = gap or (bool(written) and value < 1000)
            written += ("零" if gap and written else "") + _group(group) + name
            gap = False
        else:
            gap = bool(written)
    return written


def _group(group: str) -> str:
    """Four digits; 零 stands once for zeros between others, and never at either end."""
    written, gap = "", False
    for digit, place in zip(group, _PLACES, strict=True):
        if digit == "0":
            gap = bool(written)
        else:
            written += ("零" if gap else "") + _DIGITS[int(digit)] + place
            gap = False
    return written
