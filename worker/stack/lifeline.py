"""What a child does to itself between fork and exec: its life is tied to its parent's.

Only Linux can do this. Elsewhere children of a killed stack live on until they are ended by hand.
"""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000

# Loaded before any fork: a forked child must not wait for a lock that another thread held.
_libc = ctypes.CDLL(None, use_errno=True)


def tie_to_parent(death_signal: signal.Signals, *, account: int | None = None) -> Callable[[], None]:
    """A preexec_fn: the child gets `death_signal` when the thread that forked it ends (so use the main one).

    account: the user id the child believes to have, in a user namespace of its own; files stay the parent's.
    """
    parent = os.getpid()

    def prepare() -> None:
        if account is not None:
            enter_user_namespace(account)
        # After the change of identity, which would clear it.
        if sys.platform == "linux" and _libc.prctl(PR_SET_PDEATHSIG, int(death_signal)) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
        if os.getppid() != parent:  # died before the line above
            os.kill(os.getpid(), signal.SIGKILL)

    return prepare


def enter_user_namespace(account: int) -> None:
    """Moves the calling process, root and with one thread, to a namespace where root is called `account`."""
    if _libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    mapping = f"{account} 0 1"
    for name, text in (("setgroups", "deny"), ("uid_map", mapping), ("gid_map", mapping)):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)


def unprivileged_account() -> int:
    """A user id that has a name here, as initdb demands, and is not root's; raises LookupError."""
    for account in sorted(pwd.getpwall(), key=lambda entry: (entry.pw_name != "postgres", entry.pw_uid)):
        if account.pw_uid != 0:
            return account.pw_uid
    raise LookupError("no account other than root's")
