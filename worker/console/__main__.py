"""``python -m worker.console``: the console as a process of its own."""

import os

from worker.console.process import run

os.umask(0o077)
run()
