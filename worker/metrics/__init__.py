"""Figures for Prometheus: what is counted where it happens, and what is looked up when it is asked for.

``PROMETHEUS_MULTIPROC_DIR`` makes the processes of one worker count together, in files of that directory.
"""

import os
from pathlib import Path

from prometheus_client import disable_created_metrics

if _shared := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    Path(_shared).mkdir(mode=0o700, parents=True, exist_ok=True)
disable_created_metrics()  # type: ignore[no-untyped-call]  # one more series for each of ours, which nothing here asks for
