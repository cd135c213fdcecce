"""How soon a dead worker's work is given to another."""

from datetime import timedelta

TASK_TIMEOUT = timedelta(seconds=5)
"""For a workflow task."""

WORKER_LOST = timedelta(seconds=4)
"""For an activity: this long without a heartbeat, and the worker is taken for dead."""
