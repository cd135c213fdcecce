"""Pages by mail, over SMTP."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

import aiosmtplib

from activities.paging.messages import Delivery, Outcome, PageMessage, body
from settings import SmtpServer, SmtpTls

STEP_TIMEOUT = 10.0
"""Seconds for each step of the SMTP conversation."""

_START_TLS = {SmtpTls.IMPLICIT: False, SmtpTls.ALWAYS: True, SmtpTls.AUTO: None, SmtpTls.NEVER: False}


def mail(message: PageMessage, sender: str) -> EmailMessage:
    """The page as a mail. Its Message-ID is the page's key: repeated attempts are the same mail."""
    domain = sender.rpartition("@")[2] or "tocsin.invalid"
    letter = EmailMessage()
    letter["From"] = sender
    letter["To"] = message.channel.address
    letter["Subject"] = " ".join(message.subject.split())
    letter["Date"] = format_datetime(datetime.now(UTC))
    letter["Message-ID"] = f"<{message.key}@{domain}>"
    letter["X-Tocsin-Incident"] = message.incident_id or "none"
    letter["X-Tocsin-Engagement"] = message.engagement_id
    letter["X-Tocsin-Contact"] = message.contact
    letter.set_content(body(message))
    return letter


async def send(message: PageMessage, smtp: SmtpServer, sender: str) -> Delivery:
    """Hand the mail to the SMTP server and say what is known.

    Only the answer to the whole DATA counts: a conversation that breaks after DATA began may have delivered, and
    one that breaks after the answer has.
    """
    client = aiosmtplib.SMTP(
        hostname=smtp.host,
        port=smtp.port,
        username=smtp.username,
        password=smtp.password.get_secret_value() if smtp.password else None,
        use_tls=smtp.tls is SmtpTls.IMPLICIT,
        start_tls=_START_TLS[smtp.tls],
        timeout=STEP_TIMEOUT,
    )
    letter = mail(message, sender)
    handing_over = False
    try:
        await client.connect()
        await _address(client, sender, message.channel.address)
        handing_over = True
        answer = await client.data(
            letter.as_bytes(policy=SMTP if message.channel.address.isascii() else SMTPUTF8)
        )
    except aiosmtplib.SMTPResponseException as error:
        outcome = Outcome.RETRY if error.code < 500 else Outcome.REJECTED
        return _delivery(outcome, detail=f"{error.code} {error.message}")
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        outcome = Outcome.UNKNOWN if handing_over else Outcome.RETRY
        return _delivery(outcome, detail=f"{type(error).__name__}: {error}")
    finally:
        client.close()  # no QUIT: nobody waits for a goodbye, least of all one who was cancelled
    return _delivery(Outcome.SENT, provider_id=str(letter["Message-ID"]), detail=answer.message)


async def _address(client: aiosmtplib.SMTP, sender: str, recipient: str) -> None:
    """The envelope. Addresses outside ASCII need a server that speaks SMTPUTF8 (RFC 6531)."""
    if recipient.isascii():
        await client.mail(sender)
        await client.rcpt(recipient)
        return
    if not client.supports_extension("smtputf8"):
        raise aiosmtplib.SMTPRecipientRefused(553, "the mail server takes only ASCII addresses", recipient)
    await client.mail(sender, options=["SMTPUTF8"], encoding="utf-8")
    await client.rcpt(recipient, encoding="utf-8")


def _delivery(outcome: Outcome, *, provider_id: str = "", detail: str = "") -> Delivery:
    return Delivery(outcome=outcome, at=datetime.now(UTC), provider_id=provider_id, detail=detail[:500])
