"""Runs a command as root on a machine that refuses user namespaces: the test's stand-in for a locked-down container.

``python without_namespaces.py COMMAND...``: inside a user namespace where all users keep their numbers, the number of
further ones is set to none, which holds for this command and nobody else.
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000


def main(command: list[str]) -> None:
    """Enter, have the parent write the maps (only it may map everybody), forbid more, run the command."""
    entered, mapped = os.pipe(), os.pipe()
    child = os.fork()
    if child:
        os.read(entered[0], 1)
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{child}/{name}").write_text("0 0 65536")
        os.write(mapped[1], b".")
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    assert ctypes.CDLL(None).unshare(CLONE_NEWUSER) == 0
    os.write(entered[1], b".")
    os.read(mapped[0], 1)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
