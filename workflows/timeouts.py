"""How soon a dead worker's work is given to another: a worker process takes about two seconds to start."""

from datetime import timedelta

TASK_TIMEOUT = timedelta(seconds=4)
"""For a workflow task."""

SENDER_LOST = timedelta(seconds=3)
"""For a page being handed over: this long without a heartbeat, and it is handed over again under the same id."""

WORKER_LOST = timedelta(seconds=4)
"""For any other activity. Longer, because a step that was given up in error may not be repeated."""
