"""Every command that the guides tell one to type is there, with its options."""

import re
import shlex
from pathlib import Path

import click
import pytest

from worker.cli import levy

ROOT = Path(__file__).resolve().parents[3]
GUIDES = ("operators-guide", "tour", "logs", "metrics", "failures")


def commands(guide: str) -> list[str]:
    text = (ROOT / f"docs/{guide}.md").read_text("utf-8")
    typed = re.findall(r"`levy ([^`]+)`", text) + re.findall(r"^levy (.+?)(?:\s{2,}.*|\s+#.*)?$", text, re.MULTILINE)
    return [one.partition(" | ")[0] for one in typed]


@pytest.mark.parametrize("guide", GUIDES)
def test_every_command_of_a_guide_is_there(guide: str) -> None:
    assert commands(guide)
    for typed in commands(guide):
        command: click.Command = levy
        for word in shlex.split(typed):
            found = command.get_command(click.Context(command), word) if isinstance(command, click.Group) else None
            if found is not None:
                command = found
            elif word.startswith("--") and word != "--help":
                known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
                assert word in known, f"levy {typed}: {word} is no option of it"
        assert command is not levy, f"levy {typed}: there is no such command"
