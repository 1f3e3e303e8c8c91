"""The Makefile's promises that can be looked at without installing everything again."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.journeys.compose import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that set-up looks at, and nothing else."""
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    return tmp_path


def make(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call make in a checkout."""
    return subprocess.run(["make", *arguments], cwd=checkout, capture_output=True, text=True, check=False)


def test_a_complete_setup_is_not_done_again_until_the_pins_change(checkout: Path) -> None:
    assert make(checkout, "--question", "setup").returncode == 1, "nothing is set up yet"
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / ".complete").touch()
    assert make(checkout, "--question", "setup").returncode == 0
    newer = (checkout / ".venv" / ".complete").stat().st_mtime + 10
    os.utime(checkout / "constraints.txt", (newer, newer))
    assert make(checkout, "--question", "setup").returncode == 1


def test_an_interrupted_setup_starts_from_nothing(checkout: Path) -> None:
    half = checkout / ".venv" / "lib" / "half-installed"
    half.mkdir(parents=True)
    made = make(checkout, "setup", "PIP=false")  # the environment is made, the installation fails
    assert made.returncode != 0
    assert not half.exists()
    assert not (checkout / ".venv" / ".complete").exists()


def test_a_python_that_will_not_do_is_named_with_what_to_do(checkout: Path) -> None:
    old = checkout / "old-python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\n[ "$1" = --version ]\n')
    old.chmod(0o755)
    refused = make(checkout, "setup", "PYTHON=./old-python")
    assert refused.returncode != 0
    assert "Python 3.11 or newer is needed; ./old-python is Python 3.9.2" in refused.stderr
    assert not (checkout / ".venv").exists()


def test_help_names_every_target_that_people_call(checkout: Path) -> None:
    said = make(checkout).stdout
    for target in ("setup", "run", "test", "lint", "bench", "up", "sync", "reset", "lock"):
        assert f"make {target} " in said


def test_the_check_of_every_change_lints_and_tests() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    assert script.index("make lint") < script.index("make test")
