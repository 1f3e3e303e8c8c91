"""What the commands about notices share: options, finding a notice, and lines that fit a page of 80 columns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import orjson
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from policies.load import available_notices, load_notice, read_notice
from policies.local import LocalParameters, load_local
from policies.notice import Notice
from policies.rulefile import read_model

_CLOSING = "，。；：、！？）」』》〉】〕%"
_PIECES = re.compile(rf"(?:[^\s\u2e80-\uffef]+|[\u2e80-\uffef])[{_CLOSING}]*\s*|\s+")
"""What a line is not broken inside of: a word, or one wide sign, with the closing signs and the blanks behind it."""
LANG = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="The language.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object, amounts in fen, both languages.")
LOCAL = click.option(
    "--local", "local_files", multiple=True, type=click.Path(path_type=Path), help="Local parameters, a file an area."
)


def find_notice(name: str) -> Notice:
    """A notice that is kept, by name, or of a file that is only considered, by its path ending in .yaml."""
    if name not in available_notices() and name.endswith((".yaml", ".yml")):
        return read_notice(Path(name))
    return load_notice(name)


def locals_by_area(files: tuple[Path, ...], notice: Notice) -> dict[str, LocalParameters]:
    """Local parameters of this notice by the areas they speak for; files of other notices are left to them."""
    found: dict[str, LocalParameters] = {}
    for file in files:
        if read_model(file, LocalParameters).notice != notice.notice:
            continue
        local = load_local(file, notice)
        for area in local.areas:
            if area in found:
                raise click.ClickException(f"{file} speaks for {area}, for which another file already speaks")
            found[area] = local
    return found


def refuse_strangers(files: tuple[Path, ...], notices: Iterable[Notice]) -> None:
    """Refuse local parameters that complete none of the notices at hand."""
    names = [notice.notice for notice in notices]
    for file in files:
        completed = read_model(file, LocalParameters).notice
        if completed not in names:
            raise click.ClickException(f"{file} completes {completed}, not {' or '.join(names)}")


def print_json(document: Any) -> None:
    """One JSON object on standard output."""
    click.echo(orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_INDENT_2).decode())


class Page:
    """Prints lines in one of two languages, wrapped behind their own indent."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._console = Console(highlight=False)

    def words(self, zh: str, en: str) -> str:
        """The one of two sentences that is asked for."""
        return zh if self.lang == "zh" else en

    def of(self, both: dict[str, Any]) -> str:
        """The sentence of a mapping with ``zh`` and ``en``."""
        return str(both[self.lang])

    def line(self, words: str = "", indent: int = 0, style: str = "") -> None:
        """A line, broken where the page ends, its rest indented alike."""
        for part in wrapped(words, max(20, self._console.width - indent)):
            self._console.print(Text(" " * indent + part, style), soft_wrap=True)

    def heading(self, zh: str, en: str) -> None:
        """A heading with an empty line above."""
        self.line()
        self.line(self.words(zh, en), style="bold")

    def table(self, rows: list[tuple[str, ...]]) -> None:
        """Rows below each other: the first column to the left, the others to the right, wide signs counted as two."""
        widths = [max(Text(row[place]).cell_len for row in rows) for place in range(len(rows[0]))]
        for row in rows:
            cells = [
                cell + " " * (width - Text(cell).cell_len) if place == 0 else " " * (width - Text(cell).cell_len) + cell
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            self._console.print(Text("  " + "  ".join(cells)), soft_wrap=True)


def wrapped(words: str, width: int) -> list[str]:
    """A line broken to a width in cells: between words, and behind any wide sign, but not before a closing one."""
    lines, line, used = [], "", 0
    for part in _PIECES.findall(words):
        size = cell_len(part.rstrip())
        if line and used + size > width:
            lines.append(line.rstrip())
            line, used = "", 0
        *full, rest = _cut(part, width)
        lines += full
        line, used = line + rest, used + cell_len(rest)
    return [*lines, line.rstrip()]


def _cut(piece: str, width: int) -> list[str]:
    """A piece that is too long for a line, cut where the line ends."""
    parts = []
    while cell_len(piece.rstrip()) > width:
        at = next(at for at in range(len(piece), 0, -1) if cell_len(piece[:at]) <= width)
        parts.append(piece[:at])
        piece = piece[at:]
    return [*parts, piece]
