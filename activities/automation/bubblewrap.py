"""The command line of bubblewrap for a script: what it sees of the machine, and nothing of it to write to."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

HOME = "/tmp/work"  # noqa: S108 - the sandbox's own
ATTACHMENT = "/attachment"
"""Where a script works, and where its attachment lies."""

_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")

_CONFIGURATION = (
    *("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/localtime", "/etc/ld.so.cache"),
    *("/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/alternatives"),
)
"""What finding a host, checking its certificate and telling the time need."""


def bubblewrap(readable: Sequence[str], attachment: Path | None, *, private_bytes: int) -> list[str]:
    """bwrap with its options, to be followed by the command.

    Own processes, files and working folder; the machine's network, for scripts call AWS. `readable` are
    folders to be seen in their places, `attachment` one to be seen as ATTACHMENT; all is read-only but /tmp and
    /dev/shm, `private_bytes` each. As root two capabilities stay, those that becoming somebody else takes.
    """
    words = [shutil.which("bwrap") or "bwrap", "--die-with-parent", "--new-session"]
    words += ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if os.geteuid() == 0:
        words += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        words += ["--unshare-user"]
    words += ["--ro-bind", "/usr", "/usr"]
    for path in _SYSTEM:
        words += (
            ["--symlink", os.readlink(path), path] if os.path.islink(path) else ["--ro-bind-try", path, path]
        )
    for path in _CONFIGURATION:
        words += ["--ro-bind-try", path, path]
    words += ["--proc", "/proc", "--dev", "/dev"]
    for path in ("/dev/shm", "/tmp"):  # noqa: S108 - the sandbox's own
        words += ["--perms", "1777", "--size", str(private_bytes), "--tmpfs", path]
    words += ["--perms", "0777", "--dir", HOME]
    made = {"/", "/tmp", "/usr"}  # noqa: S108 - the sandbox's own
    for folder in readable:
        words += _seen(folder, made)
    if attachment is not None:
        words += ["--ro-bind", str(attachment), ATTACHMENT]
    return [*words, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME, "--"]


def _seen(folder: str, made: set[str]) -> list[str]:
    """A folder in its place; bwrap would make those above it for their owner only."""
    words = []
    for parent in reversed(Path(folder).parents):
        if str(parent) not in made:
            made.add(str(parent))
            words += ["--perms", "0755", "--dir", str(parent)]
    return [*words, "--ro-bind", folder, folder]
