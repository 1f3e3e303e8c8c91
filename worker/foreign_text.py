"""Text that others wrote (names of files, cells, replies): what may be shown of it, kept as a name, exported."""

from __future__ import annotations

import re

NOT_PLAIN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_FORMULA = tuple("=+-@＝＋－＠")
"""What a spreadsheet may take for the beginning of a formula, in East Asian editions also in full width."""


def plain(text: str) -> str:
    r"""The text with escapes (``\x1b``) in place of what a terminal would obey, or could not show.

    That is: control characters, marks that turn the direction of writing, bytes of a file's name that are no UTF-8.
    """
    return NOT_PLAIN.sub(_escape, text)


def disarmed(cell: str) -> str:
    """A cell of a CSV file as a text, whatever blanks, tabs or line ends stand before what could be a formula."""
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) or cell[:1] == "\t" else cell


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    byte = code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code
    return f"\\x{byte:02x}" if byte < 0x100 else f"\\u{byte:04x}"
