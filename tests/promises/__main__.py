"""Measure how soon a discrepancy is listed and how soon work goes on after a kill: ``make promises``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.promises.recovery import percentile, recoveries

if __name__ == "__main__":
    line = [sys.executable, "-m", "pytest", "-n", "0", "--capture=no", str(Path(__file__).parent)]
    told = subprocess.run(line, capture_output=True, text=True, check=False)
    print(*(one for one in told.stdout.splitlines() if ": listed after" in one or ": found by" in one), sep="\n")
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with tempfile.TemporaryDirectory() as place:
        found, limit = recoveries(Path(place), kills)
    half, most = percentile(found, 0.5), percentile(found, 0.99)
    print(
        f"{kills} kills, every fifth of all workers: taken up again after {half:.1f} s (p50), {most:.1f} s (p99),"
        f" {max(found):.1f} s at most; lease and sweep together are {limit:.0f} s.\n"
        f"One after the other: {', '.join(f'{seconds:.1f}' for seconds in found)}"
    )
    sys.exit(told.returncode or most > limit)
