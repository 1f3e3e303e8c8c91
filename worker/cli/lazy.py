"""A group of commands that imports only the one that runs."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Mapping
from gettext import gettext
from typing import Any

import click


class LazyGroup(click.Group):
    """Lists all commands from their one-line help, and imports ``package.NAME`` for the one that is called.

    Each module gives its command as ``command``. Names with a hyphen live in a module with an underscore.
    ``sections``: the headings under which the help lists them, each with names apart by spaces; without, under one.
    """

    def __init__(
        self,
        *args: Any,
        package: str = "",
        helps: Mapping[str, str] | None = None,
        sections: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._package, self._helps = package, helps or {}
        self._sections = sections or {"": ""}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order in which a reader meets them."""
        return list(self._helps)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in self._helps:
            return None
        gc.disable()  # hardly anything of what is imported is garbage: looking for some takes a tenth of a start
        try:
            command: click.Command = importlib.import_module(f"{self._package}.{cmd_name.replace('-', '_')}").command
        finally:
            gc.enable()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list without importing anything."""
        width = max(map(len, self._helps), default=0)
        for heading, names in self._sections.items():
            listed = [(name.ljust(width), self._helps[name]) for name in names.split() or self._helps]
            with formatter.section(heading or gettext("Commands")):
                formatter.write_dl(listed)
