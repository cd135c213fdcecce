"""Where PostgreSQL's socket lives: a socket's path has at most 107 bytes, and a data folder may lie deep."""

import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path

from worker.stack.errors import StackError

LONGEST_FOLDER = 88
# PostgreSQL and its clients read a folder's name as a list: a comma or a quote in it has a meaning.
PLAIN = re.compile(r"[A-Za-z0-9_./-]+")


class SocketFolder:
    """A private folder (0700) with a short path: in the data folder, else in the temporary one."""

    def __init__(self, data: Path) -> None:
        inside = data / "run"
        if PLAIN.fullmatch(str(inside)) and len(str(inside)) <= LONGEST_FOLDER:
            self.path = inside
        else:
            # The same name each time, so that a killed stack's folder is used again and not left behind.
            digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
            self.path = Path(tempfile.gettempdir(), f"tocsin-{os.getuid()}-{digest}")

    def prepare(self) -> None:
        """Makes the folder; raises StackError when its path is too long or another user has it."""
        if len(os.fsencode(self.path)) > LONGEST_FOLDER:
            raise StackError(f"{self.path} is too long for a socket: set TMPDIR to a shorter path")
        self.path.mkdir(mode=0o700, exist_ok=True)
        found = self.path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise StackError(f"{self.path} belongs to somebody else: set TMPDIR to a folder of yours")
        self.path.chmod(0o700)

    def remove(self) -> None:
        """Removes the folder, unless something is left in it."""
        try:
            self.path.rmdir()
        except OSError:
            return
