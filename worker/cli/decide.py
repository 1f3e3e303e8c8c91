"""``levy decide``: one question a line in, one answer a line out, from the policy engine alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click
import orjson

from policies.answering import Desk


def question_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines without their ends; a byte order mark and blank lines at the end are no lines."""
    blank = 0
    for number, raw in enumerate(stream):
        line = (raw.removeprefix(b"\xef\xbb\xbf") if number == 0 else raw).rstrip(b"\r\n")
        if not line.strip():
            blank += 1
            continue
        yield from [b""] * blank
        blank = 0
        yield line


def _answer_all(stream: IO[bytes], home: Path) -> bool:
    """Write an answer a line to standard output; whether every line was a valid question."""
    desk, valid, out = Desk(home), True, sys.stdout.buffer
    for number, line in enumerate(question_lines(stream), start=1):
        answer, well_asked = desk.answer(line, number)
        valid = valid and well_asked
        out.write(orjson.dumps(answer) + b"\n")
    out.flush()
    return valid


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def command(file: Path) -> None:
    """Answer the questions of FILE, one JSON object a line (- for standard input).

    Lines that are no valid question get an error in their place; the command then exits 1.
    """
    if str(file) == "-":
        valid = _answer_all(sys.stdin.buffer, Path())
    else:
        try:
            with file.open("rb") as stream:
                valid = _answer_all(stream, Path())
        except OSError as error:
            raise click.ClickException(f"{file} cannot be read: {error.strerror}") from None
    if not valid:
        raise click.exceptions.Exit(1)
