"""What others wrote, on a screen: it is shown as it stands, and works as nothing else."""

from __future__ import annotations

import re
from typing import Any

import orjson
from rich.markup import escape

from worker.foreign_text import NOT_PLAIN, plain


def shown(value: object) -> str:
    """A text for rich, in which neither brackets nor control characters do anything; use it for all foreign text."""
    return escape(plain(str(value)))


def json_line(value: Any) -> str:
    """A value as JSON on one line, with control characters and the like as escapes."""
    line = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return re.sub(NOT_PLAIN, lambda found: f"\\u{ord(found[0]):04x}", line)
