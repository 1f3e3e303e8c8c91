"""``python -m worker.peer_door``: the door as a process of its own."""

import os

from worker.peer_door.process import run

os.umask(0o077)
run()
