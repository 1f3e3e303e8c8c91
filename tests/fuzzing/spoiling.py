"""Ways to spoil what was right: bytes, texts and JSON, near enough to the real thing to get past the first look."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
NASTY = (
    "",
    " ",
    "\u3000",
    "\x00",
    "\x07",
    "\x1c",
    "\x1f",
    "\x85",
    "\ufeff",
    "\u200b",
    "\u202e",
    "\u2066",
    "\ufffd",
    "\ue000",
    "NaN",
    "nan",
    "Infinity",
    "-0",
    "0",
    "00",
    "1e400",
    "1E5",
    "28000.0",
    "280.005",
    "-280.00",
    "+280",
    "１２３",
    "²",
    "9" * 19,
    "9" * 40,
    "9" * 5000,
    "18446744073709551616",
    "99999999999999999999.99",
    "=1+1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "0001-01-01",
    "9999-12-31",
    "2021-02-29",
    "2020-02-30",
    "2020-13-01",
    "2020-1-5",
    "20200105",
    "2020-08-31 00:00:00",
    ";",
    "、",
    "|/",
    "true",
    "null",
    "None",
    "x" * 300,
    "张" * 3000,
    "张三丰",
    "A·B",
    "ıſ",
    "ﬁ",
    "e\u0301",
    "😀",
    "\U0010ffff",
    "6109221990030785１9",
    "610922199003078519",
    "610922199003078518",
    "６１０９２２１９９００３０７８５１９",
    '"',
    '""',
    "'",
    "\\",
    "a\tb",
)
"""Cells and values that were trouble somewhere."""

texts = st.sampled_from(NASTY) | st.text(max_size=12)


@st.composite
def spoiled_text(draw: st.DrawFn, whole: str) -> str:
    """A text changed a little, or replaced."""
    match draw(st.integers(0, 6)):
        case 0:
            return draw(texts)
        case 1:
            return whole.translate(draw(st.sampled_from((DIGITS, ARABIC))))
        case 2:
            return draw(texts) + whole
        case 3:
            return whole + draw(texts)
        case 4:
            return draw(st.sampled_from((whole.upper(), whole.lower(), whole[::-1], whole[:-1], whole[1:])))
        case 5:
            at = draw(st.integers(0, len(whole)))
            return whole[:at] + draw(texts) + whole[at:]
        case _:
            return whole + whole


@st.composite
def spoiled_bytes(draw: st.DrawFn, whole: bytes) -> bytes:
    """Bytes with some cut out, doubled, flipped or put in, at most four times."""
    spoiled = whole
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(spoiled)))
        end = min(len(spoiled), at + draw(st.sampled_from((0, 1, 2, 7, 40, 400))))
        put = draw(
            st.sampled_from((b"", b"\x00", b"\xff", b"\xfe\xff", b"\n", b"\r", b",", b'"', b"\xa1", b"PK\x03\x04"))
        )
        match draw(st.integers(0, 3)):
            case 0:
                spoiled = spoiled[:at] + put + spoiled[end:]
            case 1:
                spoiled = spoiled[:end] + spoiled[at:]
            case 2:
                flipped = bytes(byte ^ 1 << draw(st.integers(0, 7)) for byte in spoiled[at : at + 1])
                spoiled = spoiled[:at] + flipped + spoiled[at + 1 :]
            case _:
                spoiled = spoiled[:at] + draw(st.binary(max_size=6)) + spoiled[at:]
    return spoiled


_LITERALS = (
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"1e400",
    b"-0",
    b"-1",
    b"0",
    b"1",
    b"1.0",
    b"28000.0",
    b"2.8e4",
    b"280.005",
    b"true",
    b"null",
    b"1e3",
    b"9223372036854775807",
    b"9223372036854775808",
    b"18446744073709551615",
    b"18446744073709551616",
    b"9" * 400,
    b"9" * 5000,
    b"[]",
    b"{}",
    b'[{"a":[1]}]',
    b'{"amount":1}',
    b'"28000"',
    b'"\\ud800"',
    b'"\\u0000"',
    b'"\\u202e"',
    b'""',
    b'"0001-01-01"',
    b'"0001-01-01T00:00:00+08:00"',
    b'"9999-12-31T23:59:59+08:00"',
    b'"2020-02-30"',
    b'"610922199003078519"',
    b"[" * 300 + b"]" * 300,
    b"[" * 2000 + b"]" * 2000,
    b"[" * 90_000,
    b'"' + b"x" * 70 + b'"',
    b'"' + "张".encode() * 2000 + b'"',
)

_HOLE = "\ue123"


@st.composite
def spoiled_json(draw: st.DrawFn, content: Any) -> bytes:
    """A document with up to three values replaced by what JSON allows or nearly allows, or spoiled as bytes."""
    document = json.loads(json.dumps(content))
    literals = []
    for number in range(draw(st.integers(0, 3))):
        place, key = draw(st.sampled_from(_places(document) or [(None, None)]))
        if place is None:
            break
        what = draw(st.integers(0, 5))
        if what == 0 and isinstance(place, dict):
            del place[key]
        elif what == 1 and isinstance(place[key], str):
            place[key] = draw(spoiled_text(place[key]))
        else:
            place[key] = f"{_HOLE}{number}{_HOLE}"
            literals.append((number, draw(st.sampled_from(_LITERALS))))
    try:
        written = json.dumps(document).encode()
    except UnicodeEncodeError:
        return b"\xff"
    for number, literal in literals:
        written = written.replace(json.dumps(f"{_HOLE}{number}{_HOLE}").encode(), literal)
    return draw(spoiled_bytes(written)) if draw(st.integers(0, 4)) == 0 else written


def _places(part: Any) -> list[tuple[Any, Any]]:
    """Every container with every key below it."""
    keys = list(part) if isinstance(part, dict) else list(range(len(part))) if isinstance(part, list) else []
    return [(part, key) for key in keys] + [place for key in keys for place in _places(part[key])]
