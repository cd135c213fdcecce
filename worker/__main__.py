"""`python -m worker`: the same as `tocsin worker`."""

import sys

from worker.command import worker

sys.exit(worker())
