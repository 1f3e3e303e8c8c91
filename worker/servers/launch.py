"""Become what a server or a supervised process must be, then turn into it.

Run as a program of its own (``python -I -S launch.py IDENTITY PARENT DIRECTORY COMMAND...``), never imported by the
service: what it does to itself (a new session, a user namespace, another user) must not touch the process that asks.

IDENTITY   ``self`` as whoever asks, ``namespace`` an unprivileged user inside a new user namespace, or ``UID:GID``.
PARENT     ``PID:SIGNAL`` of a process to follow: when its thread that asked ends, this one gets the signal. ``0:0``
           follows nobody.
DIRECTORY  working directory. Its path, and the command's, are also what ``COMMAND`` = ``--reach PATH...`` tries.

Only the standard library, and none of ``site``: the program is up in a hundredth of a second.
"""

import ctypes
import os
import sys

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
INNER_ID = 1000  # inside the namespace: anything but 0, which PostgreSQL refuses


def enter_namespace() -> None:
    """Enter a new user namespace in which this process is an ordinary user.

    Files keep their owner: what root owns outside is owned by ``INNER_ID`` inside, so no user is created and no
    permission is changed.
    """
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are refused here")
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{INNER_ID} {uid} 1"),
        ("gid_map", f"{INNER_ID} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as proc:  # noqa: PTH123 - pathlib would triple the start-up time
            proc.write(line)


def become(identity: str) -> None:
    """Take on ``identity`` for good."""
    if identity == "namespace":
        enter_namespace()
    elif identity != "self":
        uid, gid = (int(part) for part in identity.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def follow(parent: int, pressed: int) -> None:
    """Ask the kernel for the signal when the parent ends; leave at once if it already has."""
    if not parent or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, pressed, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(128 + pressed)


def main(arguments: list[str]) -> None:
    """Become, follow, and run the command in place of this program."""
    identity, parent, directory, *command = arguments
    os.setsid()
    os.umask(0o077)
    become(identity)
    follow(*(int(part) for part in parent.split(":")))  # after the change of user, which would clear it
    if command[0] == "--reach":
        sys.exit(0 if all(os.access(path, os.X_OK) for path in [directory, *command[1:]]) else 3)
    os.chdir(directory)
    os.execv(command[0], command)  # noqa: S606 - the command is ours, and no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
