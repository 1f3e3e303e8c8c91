"""Log files of the home: one a day of starting, or more of a long one, kept as long as the settings say."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

_KEPT = re.compile(r"^(?P<name>.+)-(?P<day>\d{4}-\d{2}-\d{2})(?:\.\d+)?\.log$")


def put_away(logs: Path, days: int, today: date) -> list[Path]:
    """Name the logs that were last written before today by that day, and remove those older than ``days`` days.

    Call it before the processes that write them are started. Returns what was removed.
    """
    removed = []
    for path in sorted(logs.glob("*.log")):
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
        kept = _KEPT.match(path.name)
        day = date.fromisoformat(kept["day"]) if kept else written
        if day < today - timedelta(days=days):
            path.unlink()
            removed.append(path)
        elif kept is None and written < today and path.stat().st_size:
            path.rename(_free(logs, path.stem, written))
    return removed


def turn_over(path: Path, largest: int) -> Path | None:
    """Name a log of more than ``largest`` bytes by today, so that its writers begin another; the name it has now."""
    try:
        if path.stat().st_size <= largest:
            return None
    except FileNotFoundError:
        return None
    kept = _free(path.parent, path.stem, datetime.now(UTC).date())
    path.rename(kept)
    return kept


def _free(logs: Path, stem: str, day: date) -> Path:
    path, more = logs / f"{stem}-{day}.log", 0
    while path.exists():
        more += 1
        path = logs / f"{stem}-{day}.{more}.log"
    return path
