"""The drop directory, handled as what it is: a place where strangers put files.

Nothing is followed out of it, nothing that is no plain file is opened, nothing is read beyond its size, and what we
write stands there whole or not at all.
"""

from __future__ import annotations

import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OUT, RESULTS, PAYMENTS, STATEMENTS, REFUSED = "out", "results", "payments", "statements", "refused"
_ROOMS = (OUT, RESULTS, PAYMENTS, STATEMENTS, REFUSED)
_PART = ".part"
_STALE_SECONDS = 3600.0


class DropUnsafe(ValueError):
    """The drop directory is open to others, or no directory: identity data must not be written there."""


class NotPlain(Exception):
    """What lies under a name is no plain file, or larger than a file of the exchange may be."""


class Drop:
    """A drop directory with its rooms: ``out`` is ours, the others are the tax office's; ``refused`` is kept by us."""

    def __init__(self, root: Path, largest: int = 32 * 1024 * 1024) -> None:
        self.root, self._largest = root, largest
        for room in (root, *(root / name for name in _ROOMS)):
            room.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = room.lstat()
            if not stat.S_ISDIR(found.st_mode) or stat.S_IMODE(found.st_mode) & 0o077:
                raise DropUnsafe(
                    f"{room} is no directory of its owner alone, and names and identity numbers will lie in it:"
                    " `chmod 700` it, on an encrypted disk"
                )

    def names(self, room: str) -> list[str]:
        """The names in a room, hidden and unfinished ones aside, sorted."""
        with os.scandir(self.root / room) as entries:
            names = [entry.name for entry in entries]
        return sorted(name for name in names if not name.startswith(".") and not name.endswith(_PART))

    def read(self, room: str, name: str) -> tuple[bytes, float] | None:
        """The bytes of a file, and how many seconds ago it was last written to; ``None`` when it is not there.

        Raises ``NotPlain``.
        """
        with self._opened(room) as place:
            try:
                handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place)
            except FileNotFoundError:
                return None
            except OSError as error:
                raise NotPlain("it is a link, or cannot be opened") from error
            try:
                facts = os.fstat(handle)
                if not stat.S_ISREG(facts.st_mode):
                    raise NotPlain("it is no plain file")
                with os.fdopen(handle, "rb", closefd=False) as file:
                    body = file.read(self._largest + 1)
            finally:
                os.close(handle)
            if len(body) > self._largest:
                raise NotPlain(f"it has more than {self._largest} bytes")
            return body, max(0.0, time.time() - facts.st_mtime)

    def write(self, room: str, name: str, body: bytes, lasting: bool = True) -> None:
        """Put a file there, whole; what lay there under the name is replaced.

        ``lasting``: it outlives a power cut once this returns. Without, only a kill of the writer.
        """
        part = f".{name[:120]}.{secrets.token_hex(6)}{_PART}"
        with self._opened(room) as place:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            handle = os.open(part, flags, 0o600, dir_fd=place)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(body)
                    file.flush()
                    if lasting:
                        os.fsync(handle)
                os.rename(part, name, src_dir_fd=place, dst_dir_fd=place)
            except BaseException:
                with suppress(OSError):
                    os.unlink(part, dir_fd=place)
                raise
            if lasting:
                os.fsync(place)

    def set_aside(self, room: str, name: str, reason: str) -> None:
        """Move a file out of the way, and say beside it why; it is kept under a name of its own."""
        kept = f"{name[:160]}.{secrets.token_hex(4)}"
        with self._opened(room) as source, self._opened(REFUSED) as target:
            try:
                os.rename(name, kept, src_dir_fd=source, dst_dir_fd=target)
            except FileNotFoundError:
                return  # another worker was first
            os.fsync(target)
        self.write(REFUSED, f"{kept}.reason.txt", f"{name} was refused: {reason}.\n".encode())

    def remove(self, room: str, name: str) -> None:
        """Take a file away that nobody needs any more."""
        with self._opened(room) as place, suppress(FileNotFoundError):
            os.unlink(name, dir_fd=place)

    def sweep(self) -> None:
        """Take away what a writer that was killed left unfinished."""
        for entry in os.scandir(self.root / OUT):
            stale = entry.name.endswith(_PART) and entry.name.startswith(".")
            with suppress(FileNotFoundError):
                if stale and time.time() - entry.stat(follow_symlinks=False).st_mtime > _STALE_SECONDS:
                    Path(entry.path).unlink()

    @contextmanager
    def _opened(self, room: str) -> Iterator[int]:
        place = os.open(self.root / room, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            yield place
        finally:
            os.close(place)
