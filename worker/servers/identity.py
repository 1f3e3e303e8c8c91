"""As whom PostgreSQL runs, since it refuses to run as root.

In order: as whoever asks, if that is not root; as an unprivileged user inside a user namespace, where files keep
their owner; as ``nobody`` with a data directory of its own. No user is created and no permission is loosened.
"""

import os
import pwd
import subprocess
from pathlib import Path

from worker.servers.errors import HomeRefused
from worker.servers.process import launch_command


def choose_identity(data: Path, binary: Path) -> str:
    """How the launcher is to run ``binary`` on ``data`` (which may not be there yet); see ``launch.py``.

    Raises:
        HomeRefused: running as root, and neither way can reach both the data and the binary.
    """
    if os.geteuid() != 0:
        return "self"
    owner = data.stat().st_uid if data.exists() else None
    reach = data if data.exists() else data.parent
    nobody = pwd.getpwnam("nobody")
    if owner in (None, 0) and can_reach("namespace", reach, binary):
        return "namespace"
    if owner in (None, nobody.pw_uid) and can_reach(f"{nobody.pw_uid}:{nobody.pw_gid}", reach, binary):
        return f"{nobody.pw_uid}:{nobody.pw_gid}"
    raise HomeRefused(
        f"PostgreSQL does not run as root, and on this machine root can start no unprivileged process that reaches "
        f"both {reach} and {binary}. Run this as an ordinary user that owns the checkout, or set LEVY_HOME to a "
        f"directory such as /var/tmp/levy and put the checkout where every user may read it, or set "
        f"LEVY_DATABASE_URL to a PostgreSQL server."
    )


def can_reach(identity: str, directory: Path, binary: Path) -> bool:
    """Whether a process of that identity can be had here, may enter ``directory`` and run ``binary``."""
    line = launch_command(["--reach", str(binary)], directory=directory, identity=identity)
    return subprocess.run(line, capture_output=True, check=False).returncode == 0


def give(directory: Path, identity: str) -> None:
    """Hand a directory that was just created to the user of ``identity``."""
    if ":" in identity:
        uid, gid = (int(part) for part in identity.split(":"))
        os.chown(directory, uid, gid)


def home_mode(binary: Path) -> int:
    """Mode of a new home: closed, or to be walked through (not read) where only ``nobody`` can run PostgreSQL."""
    alone = os.geteuid() != 0 or can_reach("namespace", Path("/"), binary)
    return 0o700 if alone else 0o711
