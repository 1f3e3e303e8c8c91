"""The one directory that holds everything the embedded servers keep.

```
<home>/levy-home        marks the directory as ours; without it `levy reset` removes nothing
<home>/servers.json     ports and passwords, 0600
<home>/servers.lock     held while servers are started or stopped
<home>/postgres/        the database, 0700         <home>/postgres.log
<home>/broker/          working directory, 0700    <home>/broker.log
```
"""

import fcntl
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from worker.servers.errors import HomeRefused

MARK = "levy-home"


@dataclass(frozen=True)
class Home:
    """A data directory: its marker, its secrets and its lock."""

    path: Path

    @property
    def exists(self) -> bool:
        """Whether the directory is there and marked as ours. Raises ``HomeRefused`` for another user's."""
        with self._owned():
            return (self.path / MARK).is_file()

    def make(self, mode: int = 0o700) -> None:
        """Create and mark the directory with ``mode``, or find it made.

        Raises:
            HomeRefused: it holds something else, or belongs to another user.
        """
        with self._owned():
            fresh = [place for place in (self.path, *self.path.parents) if not place.exists()]
            self.path.mkdir(parents=True, exist_ok=True)
            self._refuse_if_foreign()
            if not self.exists:
                self._refuse_if_taken()
                for place in (*fresh, self.path):
                    place.chmod(mode)  # whatever the umask is
                (self.path / MARK).write_text("Data of Levybridge's embedded servers. `levy reset` removes it.\n")

    def close(self, mode: Callable[[], int]) -> None:
        """Keep others out of a home made elsewhere and of what lies in it; ``mode`` is asked if they can get in.

        Raises:
            HomeRefused: it belongs to another user.
        """
        self._refuse_if_foreign()
        now = stat.S_IMODE(self.path.stat().st_mode)
        if now & 0o077:
            self.path.chmod(now & mode())
            for entry in self.path.iterdir():
                state = entry.lstat()
                if state.st_uid == os.geteuid() and not stat.S_ISLNK(state.st_mode):
                    entry.chmod(stat.S_IMODE(state.st_mode) & 0o700)

    def _refuse_if_foreign(self) -> None:
        if self.path.stat().st_uid != os.geteuid():
            raise HomeRefused(
                f"{self.path} belongs to another user. Run as its owner, or set LEVY_HOME to a directory of your own."
            )

    @contextmanager
    def _owned(self) -> Iterator[None]:
        """Turn "permission denied" into what to do about it."""
        try:
            yield
        except PermissionError as error:
            raise HomeRefused(
                f"{self.path} cannot be used by this user ({error.strerror}). Run as its owner, "
                "or set LEVY_HOME to a directory of your own."
            ) from error

    def _refuse_if_taken(self) -> None:
        """What is marked is deleted whole on a reset, so nobody's documents may be in it."""
        held = {entry.name for entry in self.path.iterdir()}
        if held and self.path.name != ".levy" and "keys.json" not in held:
            raise HomeRefused(
                f"{self.path} holds other files and is no home of Levybridge. "
                "Set LEVY_HOME to a new or empty directory."
            )

    def read(self) -> dict[str, dict[str, str]]:
        """Ports and passwords by server name; empty before the first start. Raises ``HomeRefused`` as ``make`` does."""
        with self._owned():
            try:
                found: dict[str, dict[str, str]] = json.loads((self.path / "servers.json").read_text())
            except FileNotFoundError:
                return {}
            return found

    def write(self, server: str, facts: Mapping[str, str]) -> None:
        """Replace what is kept of one server. Call with the lock held."""
        kept = {**self.read(), server: dict(facts)}
        new = self.path / "servers.json.new"
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(kept, file, indent=1)
        new.replace(self.path / "servers.json")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the home against every other process that would start or stop its servers."""
        with self._owned():
            handle = os.open(self.path / "servers.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def private_directory(path: Path) -> None:
    """Make a directory that only its owner may enter, or make an existing one of ours such a one."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_uid == os.geteuid():
        path.chmod(0o700)


def new_password() -> str:
    """A password that stands in a URL and on a line of a settings file without quoting."""
    return secrets.token_urlsafe(24)
