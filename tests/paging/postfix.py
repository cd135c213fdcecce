"""Debian's postfix, with folders and ports of its own: the mail server most pages meet first."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from tests.paging.certificates import certificate
from worker.stack.ports import HOST, choose_port
from worker.stack.processes import ChildProcess

POSTFIX = Path("/usr/sbin/postfix")
DOMAIN = "shop.example"
PATIENCE = 15.0
"""Seconds until it listens, and until a mail that it took is in the mailbox."""

# Nothing leaves the machine: mail for other domains is refused, and what is left over (a bounce) is discarded.
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
mail_owner = postfix
myhostname = mail.{domain}
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
smtpd_peername_lookup = no
smtpd_relay_restrictions = reject_unauth_destination
relay_transport = discard
default_transport = discard
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ ana@{domain}=ana/, zoë@{domain}=zoe/, full@{domain}=full/ }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{full@{domain}=452 4.2.2 Mailbox full}} }}
smtpd_tls_cert_file = {folder}/conf/mail.pem
smtpd_tls_key_file = {folder}/conf/mail.key
smtpd_tls_security_level = may
smtpd_tls_received_header = yes
"""

# Its master changes accounts at times, and with that forgets whose death should end it: a shell remembers for it.
GUARD = """trap 'kill $master' TERM; "$0" -c "$1" -s & master=$!; wait $master || wait $master"""

# Every column is said: service, type, private, unprivileged, chroot, wakeup, most processes, command.
MASTER = """\
{port} inet n - n - - smtpd
{tls_port} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt
{crowded_port} inet n - n - - smtpd -o queue_minfree=1000000000000000
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
discard unix - - n - - discard
error unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A running postfix that keeps mail for ana@, zoë@ and full@ of `DOMAIN`.

    full@'s mailbox is full. `port` takes mail with and without TLS, `tls_port` only with, and at `crowded_port` the
    server's disk has no room left. `authority` is the certificate to trust.
    """

    def __init__(self) -> None:
        """Raises RuntimeError in words when it cannot run here."""
        if not POSTFIX.exists():
            raise RuntimeError(
                f"{POSTFIX} is missing: `make test` installs it on Debian and Ubuntu; elsewhere install postfix"
            )
        if os.geteuid() != 0:
            raise RuntimeError("postfix starts only as root: run its tests as root")
        # Its sockets' paths are too long under pytest's folders.
        self._folder = Path(tempfile.mkdtemp(prefix="postfix-"))
        self._conf = self._folder / "conf"
        self._conf.mkdir()
        self.port = choose_port(0)
        self.tls_port, self.crowded_port = self.port + 1, self.port + 2
        _, self.authority = certificate(self._conf)
        daemons = Path(_run(POSTFIX.with_name("postconf"), "-d", "-h", "daemon_directory").strip())
        self._master = ChildProcess(
            "postfix",
            ["/bin/sh", "-c", GUARD, daemons / "master", self._conf],
            log=self._folder / "master.log",
            death_signal=signal.SIGTERM,
        )

    def start(self) -> None:
        """Returns once it listens; raises RuntimeError with its log."""
        self._configure()
        try:
            _run(POSTFIX, "-c", self._conf, "check")  # makes the queue's folders
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{self.log or '(it said why to syslog)'}") from None
        self._master.start()
        deadline = time.monotonic() + PATIENCE
        while not self._listens():
            if not self._master.running or time.monotonic() > deadline:
                raise RuntimeError(f"postfix does not listen ({self._master.ending}):\n{self.log}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends it with all its daemons, and removes its folders."""
        self._master.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def log(self) -> str:
        """What it and its daemons said so far."""
        logs = [self._folder / "mail.log", self._master.log]
        return "".join(log.read_text() for log in logs if log.exists())

    def mail_to(self, mailbox: str, message_id: str, *, copies: int = 1) -> list[EmailMessage]:
        """The mails with that id in that mailbox, as soon as there are so many; raises TimeoutError with its log."""
        deadline = time.monotonic() + PATIENCE
        while True:
            arrived = [mail for mail in self._mails(mailbox) if mail["Message-ID"] == message_id]
            if len(arrived) >= copies:
                return arrived
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"{len(arrived)} of {copies} mails {message_id} reached {mailbox}:\n{self.log}"
                )
            time.sleep(0.02)

    def _mails(self, mailbox: str) -> list[EmailMessage]:
        mails = []
        for file in (self._folder / "mail" / mailbox / "new").glob("*"):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            mails.append(mail)
        return mails

    def _configure(self) -> None:
        self._folder.chmod(0o755)  # its daemons drop root's rights and still reach their queue
        accounts = {"queue": 0, "data": pwd.getpwnam("postfix").pw_uid, "mail": 0}
        for name, owner in accounts.items():
            (self._folder / name).mkdir()
            os.chown(self._folder / name, owner, 0)
        nobody = pwd.getpwnam("nobody")
        os.chown(self._folder / "mail", nobody.pw_uid, nobody.pw_gid)
        main = MAIN.format(folder=self._folder, domain=DOMAIN, uid=nobody.pw_uid, gid=nobody.pw_gid)
        (self._conf / "main.cf").write_text(main)
        ports = {"port": self.port, "tls_port": self.tls_port, "crowded_port": self.crowded_port}
        (self._conf / "master.cf").write_text(MASTER.format(**ports))

    def _listens(self) -> bool:
        """Whether it greets: it listens a moment before its daemons can answer."""
        try:
            with socket.create_connection((HOST, self.port), timeout=PATIENCE) as door:
                return door.recv(4) == b"220 "
        except OSError:
            return False


def _run(*command: str | Path) -> str:
    """What the program prints; raises RuntimeError with its complaint."""
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
    if ran.returncode != 0:
        raise RuntimeError(f"`{' '.join(map(str, command))}` failed:\n{ran.stdout}{ran.stderr}")
    return ran.stdout
