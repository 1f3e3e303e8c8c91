"""``python -m worker.api``: the machine door as a process of its own."""

import os

from worker.api.process import run

os.umask(0o077)
run()
