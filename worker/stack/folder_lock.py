"""One stack per data folder: a lock that ends with its process."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from worker.stack.errors import StackError


class FolderLock:
    """Holds DATA/lock, which names its holder's process id; entering raises StackError when it is taken."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._descriptor = -1

    def __enter__(self) -> None:
        if self._data.exists() and not self._data.is_dir():
            raise StackError(f"{self._data} is a file; --data names a folder")
        self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = os.open(self._data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._descriptor, 32).decode().strip() or "unknown"
            os.close(self._descriptor)
            raise StackError(
                f"a stack already runs on {self._data} (process {holder}): use it, or end it first"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
