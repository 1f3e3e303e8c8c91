"""Showing a season while it runs: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text
from sqlalchemy import Engine, text

_SEEN = text(
    "SELECT (SELECT coalesce(sum(rows_read), 0) FROM intake_file) AS rows,"
    " (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM due_number) AS dues,"
    " (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM payment_number) AS payments,"
    " (SELECT count(*) FROM statement WHERE side = 'tax' AND period = 'day') AS statements"
)
_NAMES = {
    "rows": "rows taken in 收入",
    "dues": "dues presented 应缴",
    "payments": "payments settled 到账",
    "statements": "statements compared 对账",
}


class _Counts(ProgressColumn):
    """So many of so many."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.completed:,.0f} of {task.total or 0:,.0f}", justify="right", no_wrap=True)


class _Rate(ProgressColumn):
    """So many a second, over the whole time from the start to the last of them."""

    def render(self, task: Task) -> Text:
        seconds = task.finished_time if task.finished_time is not None else task.elapsed
        rate = f"{task.completed / seconds:,.0f}/s" if seconds and task.completed else ""
        return Text(rate, style="dim", justify="right", no_wrap=True)


class _Left(ProgressColumn):
    """How long the rest will take at the rate so far."""

    def render(self, task: Task) -> Text:
        rest = (task.total or 0) - task.completed
        if not task.elapsed or not task.completed or rest <= 0:
            return Text("")
        seconds = round(rest * task.elapsed / task.completed)
        return Text(f"{seconds // 60}:{seconds % 60:02d} left", style="dim", justify="right", no_wrap=True)


class Bars(Progress):
    """The bars, in 80 columns, and above them the day that the season has come to."""

    def __init__(self, console: Console) -> None:
        self.label = ""
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(bar_width=12),
            _Counts(),
            _Rate(),
            _Left(),
            console=console,
            disable=not console.is_terminal,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        """The day, then the bars."""
        if self.label:
            yield Text(self.label)
        yield from super().get_renderables()


class Watch:
    """What is seen of a running season; ``day`` says how far it has come."""

    def __init__(self, engine: Engine, console: Console, totals: dict[str, int]) -> None:
        self._engine, self._console, self._totals = engine, console, totals
        self._over = threading.Event()
        self._label = ""
        self._printed = time.monotonic()

    def day(self, day: date, number: int, days: int) -> None:
        """The season has come to this day."""
        self._label = f"{day} ({number}/{days})"

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show progress until the block ends."""
        progress = Bars(self._console)
        with progress:
            thread = threading.Thread(target=self._follow, args=(progress,), daemon=True)
            thread.start()
            try:
                yield
            finally:
                self._over.set()
                thread.join()

    def _follow(self, progress: Bars) -> None:
        bars = {name: progress.add_task(label, total=self._totals[name]) for name, label in _NAMES.items()}
        while not self._over.wait(1.0):
            seen = self._look()
            for name, bar in bars.items():
                progress.update(bar, completed=min(seen[name], self._totals[name]))
            progress.label = self._label
            if not self._console.is_terminal and time.monotonic() - self._printed > 5:
                self._printed = time.monotonic()
                done = ", ".join(f"{seen[name]:,} {label.rsplit(' ', 1)[0]}" for name, label in _NAMES.items())
                self._console.print(f"{self._label}: {done}", soft_wrap=True, highlight=False)
        seen = self._look()
        for name, bar in bars.items():
            progress.update(bar, total=max(seen[name], 1), completed=seen[name])

    def _look(self) -> dict[str, int]:
        try:
            with self._engine.connect() as connection:
                return {name: int(value) for name, value in connection.execute(_SEEN).one()._mapping.items()}
        except Exception:  # a server that is being brought back must not end the show
            return dict.fromkeys(_NAMES, 0)
