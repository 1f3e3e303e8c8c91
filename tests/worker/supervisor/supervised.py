"""A process for the supervisor's tests, with a child of its own as a Celery worker has.

``supervised.py READY_FILE [BEHAVIOUR]``; behaviours: ``obedient`` ends on SIGTERM, ``deaf`` does not hear it,
``broken`` ends at once.
"""

import os
import signal
import sys
import time
from pathlib import Path


def main(ready_file: str, behaviour: str = "obedient") -> None:
    """Show readiness and stay."""
    if behaviour == "broken":
        sys.exit("the port is taken")
    signal.signal(signal.SIGTERM, signal.SIG_IGN if behaviour == "deaf" else lambda *_: sys.exit(0))
    worker = os.fork()
    if not worker:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the worst child there is
    else:
        Path(ready_file).write_text(str(worker))
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
