"""Runs a command, and ends with everything that came of it: whoever leaves its parent becomes this process's child.

    keeper [--leave] COMMAND ...

Ends as the command does; told to end (SIGTERM), by killing. With --leave, what the command leaves behind when it ends
by itself may stay. Started as text on the command line of an interpreter without site-packages; knows nothing of
Tocsin.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _children() -> list[int]:
    own, found = str(os.getpid()), []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with (
            contextlib.suppress(OSError),
            open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file,
        ):
            # The name of a program, in brackets, may hold anything.
            if file.read().rpartition(")")[2].split()[1] == own:
                found.append(int(name))
    return found


def _end_all() -> None:
    """Kill until nobody is left: the children of whom is killed come here, and are met next."""
    while True:
        for child in _children():
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return


def _begin(command: list[str]) -> int:
    child = os.fork()
    if child:
        return child
    for ignored_by_python in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored_by_python, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    try:
        os.execvp(command[0], command)  # noqa: S606 - running it is the task
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    os._exit(127)


def main() -> None:
    """Run, wait, end."""
    kernel = ctypes.CDLL(None)
    kernel.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    kernel.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    leave, command = sys.argv[1] == "--leave", sys.argv[1:]
    told = {signal.SIGTERM, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, told)
    child, status = _begin(command[1:] if leave else command), None
    while status is None and signal.sigwait(told) == signal.SIGCHLD:
        ended = -1
        while ended and status is None:
            ended, code = os.waitpid(-1, os.WNOHANG)
            status = code if ended == child else None
    if status is None or not leave:
        _end_all()
    code = -signal.SIGKILL if status is None else os.waitstatus_to_exitcode(status)
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main()
