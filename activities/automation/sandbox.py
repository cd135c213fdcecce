"""Where a runbook's script runs: a process that sees and reaches as little as the machine lets us arrange."""

import functools
import importlib.util
import logging
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from activities.automation.bubblewrap import ATTACHMENT, HOME, bubblewrap

MEMORY = 1 << 30
"""Bytes of address space a process of a script may have."""

FILE_SIZE = 64 << 20
"""Bytes of the largest file a script may write."""

PROCESSES = 128
"""Processes and threads of one script, where they can be told from those of others."""

SHARED_PROCESSES = 4096
"""The same where a script runs as the worker's own user, whose other processes count as well."""

PROBE_SECONDS = 10.0

# The range that systemd keeps for users that exist only for a while; containers map it as well. Not one user for
# all: the kernel counts processes by user.
_USERS = range(61184, 65520)

_FIRST_TO_GO = (
    "/bin/sh",
    "-c",
    '{ echo 1000 > /proc/self/oom_score_adj; } 2>/dev/null; exec "$@"',
    "sh",
)
"""Limits of memory are a process's own: of a machine whose memory is used up, the script goes, not the worker."""

_log = logging.getLogger(__name__)


class Confinement(StrEnum):
    """What keeps a script in."""

    BUBBLEWRAP = "bubblewrap"
    """Namespaces: own processes, own files, system folders read-only; all of it dies with the script."""
    USER = "a user of its own"
    """Limits, and a user that owns nothing; files are those of the machine."""
    LIMITS = "limits only"
    """Limits; the script may do to the machine what the worker may."""


@dataclass(frozen=True)
class Cell:
    """The place of one script: `home` is its working folder, `files` where an attachment lies.

    `begin` is how its command line begins, `processes` how many it may have.
    """

    home: str
    files: str
    processes: int
    begin: tuple[str, ...]

    def wrapper(self, seconds: int, memory: int | None = MEMORY) -> list[str]:
        """What the script's command line follows; it may have `seconds` processor time.

        memory: bytes, None for programs that reserve more than they use.
        """
        return [*_FIRST_TO_GO, *self.begin, *_limits(seconds, memory, self.processes)]


@dataclass(frozen=True)
class Sandbox:
    """What this machine can do to keep scripts in; `reason` says why it is not bubblewrap."""

    confinement: Confinement
    reason: str = ""

    @property
    def sealed(self) -> bool:
        """Whether a script has files and processes of its own, which vanish with it."""
        return self.confinement is Confinement.BUBBLEWRAP

    def cell(self, folder: Path | None) -> Cell:
        """A place for one script. `folder` is ours, for its attachment; unsealed scripts need one, to work in."""
        user = (
            secrets.choice(_USERS)
            if os.geteuid() == 0 and self.confinement is not Confinement.LIMITS
            else None
        )
        become = _become(user, die_with_worker=not self.sealed)
        if self.sealed:
            begin = bubblewrap(_readable(), folder, private_bytes=FILE_SIZE)
            return Cell(HOME, ATTACHMENT, PROCESSES, (*begin, *become))
        if folder is None:
            raise ValueError("a sandbox without files of its own needs a folder")
        if user is not None:
            os.chown(folder, user, user)
        processes = SHARED_PROCESSES if user is None else PROCESSES
        return Cell(str(folder), str(folder), processes, tuple(become))


@functools.cache
def find_sandbox() -> Sandbox:
    """The best that works here, tried once a process; says in the log when that is not bubblewrap."""
    candidates = [Confinement.BUBBLEWRAP] + ([Confinement.USER] if os.geteuid() == 0 else [])
    reasons: list[str] = []
    for confinement in candidates:
        sandbox = Sandbox(confinement, "; ".join(reasons))
        problem = _probe(sandbox)
        if problem is None:
            break
        reasons.append(f"{confinement} does not work here: {problem}")
    else:
        sandbox = Sandbox(Confinement.LIMITS, "; ".join(reasons))
    if not sandbox.sealed:
        _log.warning(
            "scripts of runbooks run with %s (%s): install bubblewrap and allow user namespaces, or run only "
            "runbooks you trust as you trust this program",
            sandbox.confinement,
            sandbox.reason,
        )
    return sandbox


def python() -> str:
    """The interpreter of scripts: ours, without its virtual environment."""
    return os.path.realpath(sys.executable)


@functools.cache
def libraries() -> str:
    """The folder that boto3 is installed in."""
    found = importlib.util.find_spec("boto3")
    if found is None or found.origin is None:
        raise RuntimeError("boto3 is not installed")
    return str(Path(found.origin).parent.parent)


@functools.cache
def _readable() -> tuple[str, ...]:
    """What must be there beside the system's folders: Python, its libraries, PowerShell, certificates."""
    folders = [os.path.realpath(sys.base_prefix), libraries()]
    powershell, certificates = shutil.which("pwsh"), os.environ.get("AWS_CA_BUNDLE")
    if powershell is not None:
        folders.append(os.path.dirname(os.path.realpath(powershell)))
    if certificates and os.path.exists(certificates) and not Path(certificates).is_relative_to("/etc/ssl"):
        folders.append(certificates)
    return tuple(folder for folder in folders if not Path(folder).is_relative_to("/usr"))


def _become(user: int | None, *, die_with_worker: bool) -> list[str]:
    setpriv = shutil.which("setpriv")
    if setpriv is None or (user is None and not die_with_worker):
        return []
    words = [setpriv]
    if die_with_worker:
        words += ["--pdeathsig", "KILL"]
    if user is not None:
        words += ["--reuid", str(user), "--regid", str(user), "--clear-groups", "--inh-caps=-all"]
    return [*words, "--no-new-privs", "--"]


def _limits(seconds: int, memory: int | None, processes: int) -> list[str]:
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        return []
    words = [prlimit, "--core=0", f"--cpu={seconds}", f"--fsize={FILE_SIZE}", f"--nproc={processes}"]
    return [*words, *([] if memory is None else [f"--as={memory}"]), "--"]


def _probe(sandbox: Sandbox) -> str | None:
    """Why a script cannot run so, or None: a real one that reads what scripts read."""
    if shutil.which("setpriv") is None or shutil.which("prlimit") is None:
        return "setpriv and prlimit (util-linux) are needed"
    if sandbox.sealed and shutil.which("bwrap") is None:
        return "bwrap is not installed"
    cell = sandbox.cell(None if sandbox.sealed else Path(tempfile.mkdtemp(prefix="tocsin-probe-")))
    source = f"import json; open({libraries() + '/boto3/__init__.py'!r}).close(); print('works')"
    command: Sequence[str] = [*cell.wrapper(10), python(), "-I", "-S", "-c", source]
    try:
        done = subprocess.run(  # noqa: S603 - our own command line
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=PROBE_SECONDS, env={}, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    finally:
        if not sandbox.sealed:
            shutil.rmtree(cell.home, ignore_errors=True)
    if done.stdout.strip() == b"works":
        return None
    return (done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"])[-1]
