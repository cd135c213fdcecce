"""Pages by mail, over SMTP."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from activities.paging.messages import Delivery, Outcome, PageMessage, body
from settings import SmtpServer, SmtpTls

CONNECT_TIMEOUT = 10.0
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

    Only the answer to the whole DATA counts: a conversation that breaks after DATA began may have delivered.
    """
    client = aiosmtplib.SMTP(
        hostname=smtp.host,
        port=smtp.port,
        username=smtp.username,
        password=smtp.password.get_secret_value() if smtp.password else None,
        use_tls=smtp.tls is SmtpTls.IMPLICIT,
        start_tls=_START_TLS[smtp.tls],
        timeout=CONNECT_TIMEOUT,
    )
    letter = mail(message, sender)
    handing_over = False
    try:
        async with client:
            await client.mail(sender)
            await client.rcpt(message.channel.address)
            handing_over = True
            answer = await client.data(letter.as_bytes())
    except aiosmtplib.SMTPResponseException as error:
        outcome = Outcome.RETRY if error.code < 500 else Outcome.REJECTED
        return _delivery(outcome, detail=f"{error.code} {error.message}")
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        outcome = Outcome.UNKNOWN if handing_over else Outcome.RETRY
        return _delivery(outcome, detail=f"{type(error).__name__}: {error}")
    return _delivery(Outcome.SENT, provider_id=str(letter["Message-ID"]), detail=answer.message)


def _delivery(outcome: Outcome, *, provider_id: str = "", detail: str = "") -> Delivery:
    return Delivery(outcome=outcome, at=datetime.now(UTC), provider_id=provider_id, detail=detail[:500])
