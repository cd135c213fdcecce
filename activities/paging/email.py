"""Pages by mail, over SMTP."""

import hashlib
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

import aiosmtplib

from activities.paging.letters import Letter, delivery
from activities.paging.messages import Delivery, Outcome
from definitions.contacts import is_one_mail_address
from settings import SmtpServer, SmtpTls

STEP_TIMEOUT = 10.0
"""Seconds for each step of the SMTP conversation."""

LONGEST_PLAIN_KEY = 64
"""Characters of a key that stands in the Message-ID as it is; a line of a mail is not to be too long."""

_START_TLS = {SmtpTls.IMPLICIT: False, SmtpTls.ALWAYS: True, SmtpTls.AUTO: None, SmtpTls.NEVER: False}


_HEADERS = {
    "X-Tocsin-Incident": "incident_id",
    "X-Tocsin-Engagement": "engagement_id",
    "X-Tocsin-Contact": "contact",
}


def mail(letter: Letter, sender: str) -> EmailMessage:
    """The letter as a mail. Its Message-ID is made of the letter's key: repeated attempts are the same mail."""
    domain = sender.rpartition("@")[2] or "tocsin.invalid"
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter.channel.address
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{_dot_atom(letter.key)}@{domain}>"
    for header, fact in _HEADERS.items():
        if fact in letter.about:
            message[header] = str(letter.about[fact] or "none")
    message.set_content(letter.body)
    return message


def _dot_atom(key: str) -> str:
    """The key as what may stand before a Message-ID's @ (RFC 5322), different for different keys."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", key)
    if plain == key and len(key) <= LONGEST_PLAIN_KEY:
        return key
    return f"{plain[:LONGEST_PLAIN_KEY]}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


async def send(letter: Letter, smtp: SmtpServer, sender: str) -> Delivery:
    """Hand the mail to the SMTP server and say what is known.

    Only the answer to the whole DATA counts: a conversation that breaks after DATA began may have delivered, and
    one that breaks after the answer has. What is refused before the recipient is named (TLS, our password, our
    sender) says nothing about them and may be put right: RETRY.
    """
    recipient = letter.channel.address
    if not is_one_mail_address(recipient):
        # The SMTP library would take a part of it for the whole, and mail somebody else.
        return delivery(Outcome.REJECTED, "553 this is not one plain mail address")
    message = mail(letter, sender)
    client = aiosmtplib.SMTP(
        hostname=smtp.host,
        port=smtp.port,
        username=smtp.username,
        password=smtp.password.get_secret_value() if smtp.password else None,
        use_tls=smtp.tls is SmtpTls.IMPLICIT,
        start_tls=_START_TLS[smtp.tls],
        timeout=STEP_TIMEOUT,
    )
    named = handing_over = False
    try:
        await client.connect()
        await client.ehlo()  # what the server speaks after STARTTLS is known only then
        foreign = not (recipient.isascii() and sender.isascii())
        if foreign and not client.supports_extension("smtputf8"):  # RFC 6531
            if recipient.isascii():
                return delivery(
                    Outcome.RETRY, "the mail server takes only ASCII addresses; see TOCSIN_MAIL_FROM"
                )
            return delivery(Outcome.REJECTED, "553 the mail server takes only ASCII addresses")
        await _from(client, sender, foreign=foreign)
        named = True
        await client.rcpt(recipient, encoding="utf-8" if foreign else "ascii")
        handing_over = True
        answer = await client.data(message.as_bytes(policy=SMTPUTF8 if foreign else SMTP))
    except aiosmtplib.SMTPResponseException as error:
        outcome = Outcome.REJECTED if named and error.code >= 500 else Outcome.RETRY
        return delivery(outcome, f"{error.code} {error.message}")
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        outcome = Outcome.UNKNOWN if handing_over else Outcome.RETRY
        return delivery(outcome, f"{type(error).__name__}: {error}")
    finally:
        client.close()  # no QUIT: nobody waits for a goodbye, least of all one who was cancelled
    return delivery(Outcome.SENT, answer.message, provider_id=str(message["Message-ID"]))


async def _from(client: aiosmtplib.SMTP, sender: str, *, foreign: bool) -> None:
    if foreign:
        await client.mail(sender, options=["SMTPUTF8"], encoding="utf-8")
    else:
        await client.mail(sender)
