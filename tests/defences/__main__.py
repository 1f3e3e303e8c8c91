"""Take out each defence once and demand that its tests fail: ``make defences``, or with a word of what they are.

Without anything taken out the same tests have to pass. Prints the table of ``docs/defences.md``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.defences.catalogue import Defence, copy_tree, defences

_FAILED = 1
"""The exit code of pytest when tests ran and some failed; any other says that they could not be run."""


def run(tree: Path, tests: Sequence[str]) -> tuple[int, str]:
    """Exit code and end of what pytest says of these tests in this copy of the tree."""
    line = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-p", "no:cacheprovider", "--tb=line", *tests]
    done = subprocess.run(line, cwd=tree, capture_output=True, text=True, check=False)
    return done.returncode, "\n".join(done.stdout.splitlines()[-15:])


def without(tree: Path, defence: Defence) -> str | None:
    """None when its tests fail without the defence; else what they say."""
    place = tree / defence.file
    whole = place.read_text("utf-8")
    place.write_text(defence.taken_out(), "utf-8")
    try:
        code, said = run(tree, defence.tests)
    finally:
        place.write_text(whole, "utf-8")
    return None if code == _FAILED else f"exit code {code}: {said}"


def main(wanted: str) -> int:
    """How many defences nothing notices the absence of."""
    chosen = [one for one in defences() if wanted.lower() in one.what.lower() or wanted in one.file]
    unnoticed = 0
    with tempfile.TemporaryDirectory() as place:
        tree = copy_tree(Path(place))
        for defence in chosen:
            begun = time.monotonic()
            said = without(tree, defence)
            unnoticed += said is not None
            word = "RED  " if said is None else "GREEN"
            print(f"{word} {time.monotonic() - begun:5.1f} s  {defence.what}", flush=True)
            if said:
                print(said, flush=True)
        code, said = run(tree, sorted({test for one in chosen for test in one.tests}))
        if code:
            print(f"With every defence in its place these tests do not pass:\n{said}")
    print(f"{len(chosen)} defences taken out, {unnoticed} unnoticed.")
    return unnoticed + (code != 0)


if __name__ == "__main__":
    sys.exit(min(1, main(" ".join(sys.argv[1:]))))
